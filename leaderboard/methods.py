"""The method table as pages show it: words, paper link, and what is faithful or ours. Light."""

from __future__ import annotations

import inspect
import re
from types import ModuleType
from typing import Any, NamedTuple

from federated import methods as package
from federated.methods import METHODS, Method

from .schema import Item, items_of


class Card(NamedTuple):
    """One method, for people."""

    key: str
    title: str
    paper: str
    paper_url: str
    summary: str
    control: bool
    opening: str
    """What it is and where it comes from, from the head of its file."""
    faithful: str
    ours: str
    parameters: tuple[Item, ...]


def cards() -> list[Card]:
    """Every method: those that are compared first, the controls after them."""
    return sorted(map(card, METHODS.values()), key=lambda entry: entry.control)


def find(key: str) -> Card | None:
    """The method of this key, or None."""
    return card(METHODS[key]) if key in METHODS else None


def card(method: Method) -> Card:
    """What a page says about one line of the method table."""
    opening, faithful, ours = _parts(_docstrings().get(method.key, ""))
    return Card(
        key=method.key,
        title=method.title,
        paper=method.paper,
        paper_url=_paper_url(method.paper),
        summary=method.summary,
        control=method.control,
        opening=opening,
        faithful=faithful,
        ours=ours,
        parameters=items_of(method.parameters, f"method.{method.key}"),
    )


def _docstrings() -> dict[str, str]:
    """The head of each method's file, by the method's key."""
    modules = (m for m in vars(package).values() if isinstance(m, ModuleType))
    own: list[Any] = [m for m in modules if hasattr(m, "METHOD")]
    return {module.METHOD.key: inspect.getdoc(module) or "" for module in own}


def _parts(text: str) -> tuple[str, str, str]:
    """Opening, what is faithful, what is ours; a missing part is empty."""
    pieces = re.split(r"^(Faithful|Ours):\s*", text, flags=re.MULTILINE)
    named = dict(zip(pieces[1::2], pieces[2::2], strict=False))
    parts = (pieces[0], named.get("Faithful", ""), named.get("Ours", ""))
    opening, faithful, ours = (" ".join(part.replace("`", "").split()) for part in parts)
    return opening, _sentence(faithful), _sentence(ours)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _paper_url(paper: str) -> str:
    found = re.search(r"arXiv:(\d{4}\.\d{4,5})", paper)
    return f"https://arxiv.org/abs/{found[1]}" if found else ""
