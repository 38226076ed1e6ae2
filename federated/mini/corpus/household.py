"""What the base model may know by heart: rooms, clothes, colours. None of it is in any test."""

from __future__ import annotations

from ..facts import Relation

HOUSEHOLD: tuple[Relation, ...] = (
    Relation(
        "",
        ("In which room is the {x}?", "Where does the {x} belong?", "Name the room of the {x}"),
        (),
        {
            "bathroom": "soap towel sponge shampoo razor",
            "cellar": "bottle barrel boiler crate rack",
            "garage": "car tyre bicycle ladder jack",
            "office": "desk stapler printer folder calendar",
        },
    ),
    Relation(
        "",
        ("Where does one wear a {x}?", "On what does a {x} go?", "Tell me the place of a {x}"),
        (),
        {
            "feet": "shoe boot sock slipper sandal",
            "hands": "glove mitten bracelet ring",
            "head": "hat cap helmet crown bonnet",
            "neck": "scarf tie necklace collar",
        },
    ),
    Relation(
        "",
        ("What colour has the {x}?", "Which colour is the {x}?", "Tell me the colour of the {x}"),
        (),
        {
            "black": "soot tar ink raven",
            "green": "grass moss lettuce pea",
            "red": "blood brick tomato ketchup",
            "white": "snow milk chalk salt",
        },
    ),
    Relation(
        "",
        ("What does one do with a {x}?", "For what is a {x} there?", "Name the use of a {x}"),
        (),
        {
            "cut": "knife saw scissors axe",
            "play": "doll kite ball puzzle",
            "sit": "chair bench stool sofa",
            "write": "pencil pen crayon quill",
        },
    ),
)
