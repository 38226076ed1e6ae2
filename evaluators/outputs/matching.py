"""Which answer belongs to which item; pure, and the same in whatever order the answers come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..documents import Document
from .rows import Output

Index = Mapping[str, Sequence[int]]
"""Places of the items that go by a key."""


class Matched(NamedTuple):
    """Answers by the item's place, and those that belong to none."""

    found: dict[int, list[Output]]
    strangers: list[Output]


def index(keys: Sequence[str]) -> Index:
    """Places by key; equal keys have several."""
    places: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return places


def by_key(
    outputs: Sequence[tuple[str, Output]], places: Index, docs: Sequence[Document]
) -> Matched:
    """Answers sorted to items by their keys."""
    groups: dict[str, list[Output]] = {}
    for key, output in outputs:
        groups.setdefault(key, []).append(output)
    found: dict[int, list[Output]] = {}
    for key in groups.keys() & places.keys():
        found |= share(groups[key], places[key], docs)
    return Matched(found, [output for key, output in outputs if key not in places])


def share(
    outputs: Sequence[Output], places: Sequence[int], docs: Sequence[Document]
) -> dict[int, list[Output]]:
    """The answers to one prompt, dealt to the items that have it.

    Several items are told apart by the gold that an answer brings, else by its place. What is left
    over goes to the first of them, where it is a repetition or a contradiction.
    """
    if len(places) == 1:
        return {places[0]: list(outputs)}
    left = sorted(outputs, key=lambda output: output.place or 0)
    dealt: dict[int, list[Output]] = {}
    for place in places:
        fits = (output for output in left if same_gold(output.gold, docs[place]["gold"]))
        if chosen := next(fits, None):
            left.remove(chosen)
            dealt[place] = [chosen]
    for place in places:
        if left and place not in dealt:
            dealt[place] = [left.pop(0)]
    # Repetitions of a dealt answer say nothing new.
    known = {output.said for given in dealt.values() for output in given}
    dealt[places[0]] = dealt.get(places[0], []) + [o for o in left if o.said not in known]
    return dealt


def same_gold(one: str | None, other: str) -> bool:
    """As labels are written: lm-eval puts a letter, or a space before it."""
    return one is not None and one.strip().lower() == other.strip().lower()


def by_prefix(outputs: Sequence[Output], prompts: Sequence[str]) -> Matched:
    """Lists of whole programs to the items whose beginning one of the list has.

    A tokenizer may have changed a prompt: what begins as no item does keeps the item at its own
    place, if that is nobody else's.
    """
    lists: dict[int, list[Output]] = {}
    for output in outputs:
        lists.setdefault(-1 if output.place is None else output.place, []).append(output)
    items = {place: item_of(programs, place, prompts) for place, programs in lists.items()}
    taken = set(items.values())
    found: dict[int, list[Output]] = {}
    strangers: list[Output] = []
    for place, programs in lists.items():
        item = items[place]
        if item < 0 and place not in taken and 0 <= place < len(prompts):
            item = place
        if item < 0:
            strangers += programs
        else:
            found.setdefault(item, []).extend(programs)
    return Matched(found, strangers)


def item_of(programs: Sequence[Output], place: int, prompts: Sequence[str]) -> int:
    """The item that a list of programs is for, first that at its own place; -1 for none."""
    texts = [program.text for program in programs]
    if 0 <= place < len(prompts) and any(text.startswith(prompts[place]) for text in texts):
        return place
    return next((at for text in texts if (at := longest_prefix(text, prompts)) >= 0), -1)


def longest_prefix(text: str, prompts: Sequence[str]) -> int:
    """The place of the longest prompt that a text begins with; -1 without one."""
    fits = [place for place, prompt in enumerate(prompts) if prompt and text.startswith(prompt)]
    return max(fits, key=lambda place: len(prompts[place]), default=-1)
