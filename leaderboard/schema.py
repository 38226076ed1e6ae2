"""The recipe's schema as a form and a page read it: sections of fields with words and bounds."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from federated.domains import DOMAINS as FEDERATIONS
from federated.domains import Domain as Federation
from federated.recipe import Recipe

from .domains import DOMAINS

Kind = Literal["text", "long text", "integer", "number", "choice", "yes or no", "list"]

SECTION_TITLES = {
    "base": "Base model",
    "lora": "Adapter",
    "train": "Training",
    "data": "Data",
    "budget": "Budget",
}
LONG_TEXT = 500
"""From this many characters on a text gets a box of several lines."""


class Item(NamedTuple):
    """One field of the recipe, or one parameter of a method."""

    place: str
    """Dotted key, as problems name it; a method's parameter has its method's key inside."""
    key: str
    title: str
    help: str
    kind: Kind
    default: Any
    required: bool
    choices: tuple[str, ...]
    low: float | None
    high: float | None
    above: float | None
    """Exclusive lower bound."""
    below: float | None
    longest: int | None

    @property
    def bounds(self) -> str:
        """The allowed range in words, or nothing."""
        low = f"{self.low:g}" if self.low is not None else None
        high = f"{self.high:,g}" if self.high is not None and self.high < 1e6 else None
        if self.high is not None and high is None:
            high = f"{self.high:,.0f}"
        if low is not None and high is not None:
            return f"{low} to {high}"
        parts = (
            f"{low} or more" if low is not None else "",
            f"above {self.above:g}" if self.above is not None else "",
            f"at most {high}" if high is not None else "",
            f"below {self.below:g}" if self.below is not None else "",
        )
        return ", ".join(part for part in parts if part)

    @property
    def shown_default(self) -> str:
        """The default as a person would type it."""
        if self.default is None:
            return "empty"
        if isinstance(self.default, bool):
            return "yes" if self.default else "no"
        if isinstance(self.default, tuple):
            return ", ".join(map(str, self.default))
        return str(self.default)


class Section(NamedTuple):
    """A group of fields."""

    key: str
    title: str
    help: str
    items: tuple[Item, ...]


def opening() -> tuple[Item, ...]:
    """The fields that stand before all sections, without the domain: the page fixes that."""
    return tuple(item for item in items_of(Recipe, "") if item.key != "domain")


def sections() -> tuple[Section, ...]:
    """The recipe's tables in their order, without the method, which has a chooser of its own."""
    found = ((key, field.annotation) for key, field in Recipe.model_fields.items())
    return tuple(
        Section(key, SECTION_TITLES.get(key, key.title()), _words(table), items_of(table, key))
        for key, table in found
        if _is_table(table) and key != "method"
    )


def items_of(table: type[BaseModel], place: str) -> tuple[Item, ...]:
    """The plain fields of a schema, each at its dotted place."""
    return tuple(
        _item(f"{place}.{key}" if place else key, key, field)
        for key, field in table.model_fields.items()
        if not _is_table(field.annotation)
    )


def domain_titles() -> tuple[tuple[str, str], ...]:
    """(key, title) of every domain, in the boards' order."""
    return tuple((domain.key, domain.title) for domain in DOMAINS.values())


def federation(key: str) -> Federation | None:
    """The clients and data behind a board, or None where there is no such board."""
    return FEDERATIONS[key] if key in DOMAINS else None


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _words(table: type[BaseModel]) -> str:
    return " ".join((table.__doc__ or "").split())


def _item(place: str, key: str, field: FieldInfo) -> Item:
    bound = dict(_bounds(field))
    kind, choices = _kind(field.annotation, bound)
    return Item(
        place=place,
        key=key,
        title=field.title or key.replace("_", " ").capitalize(),
        help=field.description or "",
        kind=kind,
        default=None if field.is_required() else field.default,
        required=field.is_required(),
        choices=choices,
        low=bound.get("ge"),
        high=bound.get("le"),
        above=bound.get("gt"),
        below=bound.get("lt"),
        longest=int(bound["max_length"]) if "max_length" in bound and kind != "list" else None,
    )


def _bounds(field: FieldInfo) -> Iterator[tuple[str, float]]:
    for rule in field.metadata:
        match rule:
            case Ge(ge=value):
                yield "ge", value  # type: ignore[misc]
            case Gt(gt=value):
                yield "gt", value  # type: ignore[misc]
            case Le(le=value):
                yield "le", value  # type: ignore[misc]
            case Lt(lt=value):
                yield "lt", value  # type: ignore[misc]
            case MaxLen(max_length=value):
                yield "max_length", value


def _kind(annotation: Any, bound: dict[str, float]) -> tuple[Kind, tuple[str, ...]]:
    plain = _without_none(annotation)
    if get_origin(plain) is Literal:
        return "choice", tuple(map(str, get_args(plain)))
    if get_origin(plain) is tuple:
        return "list", ()
    kinds: dict[Any, Kind] = {bool: "yes or no", int: "integer", float: "number"}
    text: Kind = "long text" if bound.get("max_length", 0) >= LONG_TEXT else "text"
    return kinds.get(plain, text), ()


def _without_none(annotation: Any) -> Any:
    """`float` for `float | None`; anything else as it is."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    return next(part for part in get_args(annotation) if part is not NoneType)
