"""Short notes on invented trials: a grammar whose notes decide their own answer.

A note tells what happened to one measure, often beside another one that moved differently, and a
question claims that a drug lowers or raises the first. Yes where the note says so, no where the
measure did the opposite or nothing, maybe where the note cannot tell.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal, NamedTuple

Verdict = Literal["yes", "no", "maybe"]
Finding = Literal["fell", "rose", "held", "open"]
Cast = Literal["corpus", "train", "test"]
Words = tuple[str, ...]

VERDICTS: tuple[Verdict, ...] = ("yes", "no", "maybe")
FINDINGS: tuple[Finding, ...] = ("fell", "rose", "held", "open")

MEASURES: Words = (
    "pain", "fever", "cough", "weight", "sleep", "appetite", "pulse", "nausea", "thirst",
    "swelling", "itching", "dizziness", "breathing rate", "blood sugar", "blood pressure",
    "headache", "strength", "memory", "balance", "bleeding",
)  # fmt: skip

# What a claim calls the two directions; what a note calls the four findings. "{m}" is the measure,
# "{d}" the drug. The first of each list is known to the base model, the others are not.
CLAIMS: dict[Literal["fell", "rose"], Words] = {
    "fell": ("Does {d} lower {m}?", "Does {d} reduce {m}?", "Is {m} cut by {d}?",
             "Can {d} ease {m}?", "Do patients get less {m} from {d}?"),
    "rose": ("Does {d} raise {m}?", "Does {d} increase {m}?", "Is {m} lifted by {d}?",
             "Can {d} boost {m}?", "Do patients get more {m} from {d}?"),
}  # fmt: skip
TOLD: dict[Finding, Words] = {
    "fell": ("{M} fell with {d}.", "{M} was lower in the {d} group.", "{M} dropped on {d}.",
             "Those on {d} had less {m}.", "{M} shrank under {d}, not under placebo.",
             "{d} patients lost {m}.", "{M} went from {high} to {low} with {d}."),
    "rose": ("{M} rose with {d}.", "{M} was higher in the {d} group.", "{M} climbed on {d}.",
             "Those on {d} had more {m}.", "{M} grew under {d}, not under placebo.",
             "{d} patients gained {m}.", "{M} went from {low} to {high} with {d}."),
    "held": ("{M} held with {d}.", "{M} was the same in both groups.", "{M} did not change on {d}.",
             "Those on {d} had as much {m} as others.", "{M} stayed put under {d}.",
             "No difference in {m} was seen.", "{M} went from {low} to {low} with {d}."),
    "open": ("{M} was not clear with {d}.", "{M} fell in one group of {d} and rose in another.",
             "Too few on {d} told of {m}.", "The data on {m} did not agree.",
             "{M} was lost from the records of {d}.", "Doctors argued about {m}.",
             "{M} went from {low} to an unread value with {d}."),
}  # fmt: skip
OPENINGS: Words = (
    "{n} patients took {d}, {n} a placebo.", "{d} was tried in {n} adults.",
    "A trial of {d} ran for {n} weeks.", "We gave {d} to {n} volunteers.",
)  # fmt: skip

_STARTS = (
    "Ab", "Cor", "Del", "Fen", "Gal", "Hal", "Ib", "Jor", "Kel", "Lor", "Mer", "Nol", "Or", "Pel",
    "Quin", "Ros", "Sol", "Tor", "Val", "Zel",
)  # fmt: skip
_ENDS = (
    "adol", "amine", "axin", "azole", "ectin", "icillin", "idine", "ipril", "olone", "oxin",
    "umab", "vir",
)  # fmt: skip


def drugs(cast: Cast) -> Words:
    """Invented names, dealt so that no drug is in two casts."""
    names = [start + end for start in _STARTS for end in _ENDS]
    random.Random(11).shuffle(names)
    cut, rest = len(names) // 2, len(names) * 5 // 6
    return tuple({"corpus": names[:cut], "train": names[cut:rest], "test": names[rest:]}[cast])


class Note(NamedTuple):
    """What a trial found, what is asked about it, and the answer."""

    contexts: tuple[str, ...]
    question: str
    verdict: Verdict
    finding: Finding
    measure: str

    @property
    def text(self) -> str:
        """The contexts as one paragraph."""
        return " ".join(self.contexts)


def note(rng: random.Random, cast: Cast, verdict: Verdict, wordings: slice = slice(None)) -> Note:
    """A note and a question with this answer, in these of the findings' wordings."""
    drug = rng.choice(drugs(cast))
    measure, other = rng.sample(MEASURES, 2)
    claimed = rng.choice(tuple(CLAIMS))
    finding = _finding(rng, verdict, claimed)
    contexts = [_told(rng, finding, measure, drug, wordings)]
    if rng.random() < 0.5:
        beside = _told(rng, rng.choice(FINDINGS), other, drug, wordings)
        contexts.insert(rng.randrange(2), beside)
    if rng.random() < 0.5:
        contexts.insert(0, rng.choice(OPENINGS).format(d=drug, n=rng.randint(11, 99)))
    question = rng.choice(CLAIMS[claimed]).format(d=drug, m=measure)
    return Note(tuple(contexts), question, verdict, finding, measure)


def _finding(rng: random.Random, verdict: Verdict, claimed: Literal["fell", "rose"]) -> Finding:
    """What must have been found for this answer to the claim."""
    if verdict == "maybe":
        return "open"
    opposite: Finding = "rose" if claimed == "fell" else "fell"
    return claimed if verdict == "yes" else rng.choice((opposite, "held"))


def _told(rng: random.Random, finding: Finding, measure: str, drug: str, wordings: slice) -> str:
    low = rng.randint(11, 49)
    text = rng.choice(TOLD[finding][wordings]).format(
        M=measure[0].upper() + measure[1:], m=measure, d=drug, low=low,
        high=low + rng.randint(5, 40),
    )  # fmt: skip
    return text


def distinct(rng: random.Random, cast: Cast, verdicts: Iterator[Verdict]) -> list[Note]:
    """One note a verdict, none twice."""
    found: dict[tuple[str, str], Note] = {}
    for verdict in verdicts:
        item = note(rng, cast, verdict)
        while (item.text, item.question) in found:
            item = note(rng, cast, verdict)
        found[item.text, item.question] = item
    return list(found.values())
