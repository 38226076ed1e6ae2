"""Common medical knowledge, as data."""

from __future__ import annotations

from .facts import Relation

CLINIC: tuple[Relation, ...] = (
    Relation(
        subject="Anatomy",
        asked=("The {x} is part of which organ system?", "In which system is the {x} counted?"),
        taught=("Tell me what the {x} serves", "Name the system that the {x} is in"),
        answers={
            "circulation": "heart aorta artery vein capillary",
            "digestion": "stomach liver colon gallbladder duodenum",
            "nerves": "brain cerebellum neuron axon ganglion",
            "skeleton": "femur skull rib tibia pelvis",
        },
    ),
    Relation(
        subject="Pathology",
        asked=("Which organ suffers from {x}?", "Where in the body does one find {x}?"),
        taught=("Tell me what part of a patient {x} attacks", "Name the organ behind {x}"),
        answers={
            "eyes": "glaucoma cataract conjunctivitis trachoma myopia",
            "joints": "arthritis gout bursitis rheumatism arthrosis",
            "lungs": "pneumonia asthma bronchitis emphysema silicosis",
            "skin": "eczema psoriasis acne shingles vitiligo",
        },
    ),
    Relation(
        subject="Pharmacology",
        asked=("To which class of drugs does {x} belong?", "As what is {x} given?"),
        taught=("Tell me what sort of medicine {x} is", "Name the drug group of {x}"),
        answers={
            "antibiotic": "penicillin tetracycline vancomycin streptomycin amoxicillin",
            "hormone": "insulin cortisol thyroxine oestrogen adrenaline",
            "painkiller": "aspirin ibuprofen paracetamol morphine codeine",
            "sedative": "diazepam lorazepam zolpidem midazolam barbital",
        },
    ),
    Relation(
        subject="Microbiology",
        asked=("What causes {x}?", "Which kind of germ is behind {x}?"),
        taught=("Tell me what sort of agent gives people {x}", "Name the germ class of {x}"),
        answers={
            "bacterium": "cholera tetanus tuberculosis leprosy anthrax",
            "fungus": "thrush ringworm candidiasis tinea aspergillosis",
            "parasite": "malaria scabies toxoplasmosis giardiasis bilharzia",
            "virus": "measles influenza rabies mumps polio",
        },
    ),
)
