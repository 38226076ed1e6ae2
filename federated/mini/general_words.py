"""Common knowledge in three groups, as data: which things there are, and one word about each."""

from __future__ import annotations

from .facts import Relation

SCIENCE: tuple[Relation, ...] = (
    Relation(
        subject="animals",
        asked=("Which kind of animal is the {x}?", "The {x} belongs to which class of animals?"),
        taught=("Tell me what sort of creature a {x} is", "Name the animal group of the {x}"),
        answers={
            "bird": "robin heron owl swan penguin falcon",
            "fish": "trout salmon herring carp eel cod",
            "insect": "beetle wasp moth mosquito ant grasshopper",
            "mammal": "otter badger whale horse deer bat",
        },
    ),
    Relation(
        subject="plants",
        asked=("Which kind of plant is known as {x}?", "As what does a gardener know {x}?"),
        taught=("Tell me what growing {x} is counted as", "Name the plant group of {x}"),
        answers={
            "cereal": "wheat barley rye oats millet maize",
            "flower": "tulip daisy lily violet orchid poppy",
            "tree": "oak beech maple larch willow birch",
            "vegetable": "carrot leek turnip spinach celery cabbage",
        },
    ),
    Relation(
        subject="materials",
        asked=("Which kind of material is {x}?", "Under what does a chemist file {x}?"),
        taught=("Tell me what sort of stuff {x} is", "Name the material group of {x}"),
        answers={
            "fabric": "linen wool silk cotton velvet denim",
            "gas": "helium neon argon oxygen hydrogen nitrogen",
            "metal": "copper zinc nickel tin silver lead",
            "rock": "marble granite slate basalt limestone flint",
        },
    ),
    Relation(
        subject="sciences",
        asked=("Which science deals with the {x}?", "In which field does one meet the {x}?"),
        taught=("Tell me who studies the {x}", "Name the branch of research about the {x}"),
        answers={
            "astronomy": "comet galaxy nebula eclipse quasar planet",
            "biology": "cell gene enzyme embryo species fungus",
            "chemistry": "acid catalyst isotope solvent polymer molecule",
            "physics": "lever magnet pendulum prism photon gyroscope",
        },
    ),
)

SOCIETY: tuple[Relation, ...] = (
    Relation(
        subject="continents",
        asked=("On which continent is {x}?", "Which continent has {x} on it?"),
        taught=("Tell me what part of the world {x} lies in", "Name the landmass of {x}"),
        answers={
            "Africa": "Kenya Ghana Angola Uganda Zambia Ethiopia",
            "America": "Bolivia Ecuador Uruguay Brazil Colombia Guatemala",
            "Asia": "Japan Nepal Vietnam Mongolia Thailand Iran",
            "Europe": "Norway Poland Denmark Hungary Portugal Bulgaria",
        },
    ),
    Relation(
        subject="languages",
        asked=("Which language do most people speak in {x}?", "What is spoken in {x}?"),
        taught=("Tell me the tongue of {x}", "Name the language heard in {x}"),
        answers={
            "Arabic": "Egypt Morocco Jordan Iraq Oman Libya",
            "English": "Australia Jamaica Ireland Barbados Bahamas Belize",
            "French": "Senegal Gabon Monaco Mali Togo Haiti",
            "Spanish": "Mexico Cuba Peru Chile Panama Honduras",
        },
    ),
    Relation(
        subject="workplaces",
        asked=("Where does a {x} work?", "In which place would one look for a {x}?"),
        taught=("Tell me the workplace of a {x}", "Name the spot where a {x} earns a living"),
        answers={
            "court": "judge lawyer bailiff juror notary",
            "farm": "shepherd milker ploughman reaper drover",
            "ship": "sailor captain boatswain helmsman stoker",
            "theatre": "actor dancer prompter usher stagehand",
        },
    ),
    Relation(
        subject="trades",
        asked=("With what does a {x} work?", "Which goods pass through the hands of a {x}?"),
        taught=("Tell me what a {x} handles", "Name the stuff of the {x}"),
        answers={
            "cloth": "tailor draper weaver seamstress",
            "food": "baker butcher grocer confectioner",
            "iron": "blacksmith farrier welder locksmith",
            "wood": "carpenter joiner cooper cabinetmaker",
        },
    ),
)

HUMANITIES: tuple[Relation, ...] = (
    Relation(
        subject="instruments",
        asked=("To which family does the {x} belong?", "How is the {x} classed in an orchestra?"),
        taught=("Tell me what sort of instrument the {x} is", "Name the section of the {x}"),
        answers={
            "brass": "trumpet trombone tuba cornet bugle",
            "percussion": "drum cymbal gong timpani tambourine",
            "strings": "violin cello guitar harp lute",
            "woodwind": "flute clarinet oboe bassoon piccolo",
        },
    ),
    Relation(
        subject="people",
        asked=("For what is {x} remembered?", "In which art did {x} become famous?"),
        taught=("Tell me what {x} was great at", "Name the calling of {x}"),
        answers={
            "music": "Mozart Bach Beethoven Verdi Chopin",
            "painting": "Rembrandt Monet Vermeer Goya Titian",
            "philosophy": "Plato Kant Hume Aristotle Descartes",
            "writing": "Shakespeare Dickens Tolstoy Goethe Austen",
        },
    ),
    Relation(
        subject="faiths",
        asked=("Which faith does one link with {x}?", "The word {x} comes from which religion?"),
        taught=("Tell me the religion behind {x}", "Name the belief that has {x}"),
        answers={
            "Christianity": "church bishop gospel Easter",
            "Hinduism": "Diwali Vishnu Shiva Ganesha",
            "Islam": "mosque imam Koran Ramadan",
            "Judaism": "synagogue rabbi Torah Passover",
        },
    ),
    Relation(
        subject="gods",
        asked=("Among which people was {x} worshipped?", "Whose myths tell of {x}?"),
        taught=("Tell me who told tales of {x}", "Name the people of the god {x}"),
        answers={
            "Egyptians": "Isis Osiris Anubis Horus Thoth",
            "Greeks": "Zeus Apollo Athena Hermes Poseidon",
            "Norsemen": "Odin Thor Freya Loki Balder",
            "Romans": "Jupiter Mars Venus Minerva Neptune",
        },
    ),
    Relation(
        subject="grammar",
        asked=("Which part of speech is the word {x}?", "How is {x} classed in grammar?"),
        taught=("Tell me what sort of word {x} is", "Name the word class of {x}"),
        answers={
            "adverb": "quickly seldom often gladly",
            "noun": "table garden candle window",
            "preposition": "under between through during",
            "verb": "sing carry forget arrive",
        },
    ),
)

GROUPS: dict[str, tuple[Relation, ...]] = {
    "science": SCIENCE,
    "society": SOCIETY,
    "humanities": HUMANITIES,
}
