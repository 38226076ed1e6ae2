"""The submit page's two forms: a recipe field by field, and a recipe as TOML text or file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from federated.domains import Domain as Federation
from federated.reading import MAX_BYTES, BadRecipe, Problem
from federated.recipe import Recipe

from . import methods, schema, validation
from .recipe_text import to_toml
from .schema import Item

DEFAULT_METHOD = "fedavg"
PRACTICE_START: dict[str, Any] = {
    "base.quantization": "none",
    "lora.targets": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    "train.rounds": 15,
    "train.learning_rate_max": 3e-3,
    "train.learning_rate_min": 3e-4,
}
"""What the form proposes for practice data: a first run that learns, in a minute on a CPU."""


class MethodChoice(NamedTuple):
    """One method in the form: its card, whether it is chosen, its own fields."""

    card: methods.Card
    chosen: bool
    fields: list[forms.BoundField]


class SectionFields(NamedTuple):
    """One fieldset of the form."""

    section: schema.Section
    fields: list[forms.BoundField]
    wrong: bool


class RecipeForm(forms.Form):
    """One field for each field of the recipe; the recipe's own checks decide what is right."""

    recipe: Recipe | None = None

    def __init__(self, domain: Federation, data: QueryDict | None = None) -> None:
        typed = {place: _typed(value) for place, value in _start(domain).items()}
        super().__init__(data, initial=typed, auto_id="field-%s")
        self.domain = domain
        for item in _all_items():
            self.fields[item.place] = _field(item)
        self.fields["method"] = forms.CharField(required=False, initial=DEFAULT_METHOD)

    @property
    def opening(self) -> list[forms.BoundField]:
        """Name and seed, then the box for the description."""
        ordered = sorted(schema.opening(), key=lambda item: item.kind == "long text")
        return [self[item.place] for item in ordered]

    @property
    def sections(self) -> list[SectionFields]:
        """The fieldsets in the recipe's order."""
        return [_fieldset(self, section) for section in schema.sections()]

    @property
    def methods(self) -> list[MethodChoice]:
        """Every method with its own fields."""
        chosen = self["method"].value()
        return [
            MethodChoice(card, card.key == chosen, [self[p.place] for p in card.parameters])
            for card in methods.cards()
        ]

    @property
    def toml(self) -> str:
        """The checked recipe as text, for storing and for showing."""
        return to_toml(self.recipe) if self.recipe else ""

    def clean(self) -> dict[str, Any]:
        """Hand what was typed to the recipe's checks, and each problem to its field."""
        try:
            self.recipe = validation.parse_values(self._values())
        except BadRecipe as refused:
            for problem in refused.problems:
                self.add_error(self._place(problem), _sentence(problem))
        return self.cleaned_data

    def _values(self) -> dict[str, Any]:
        """What was typed, in the recipe's shape; numbers stay text, the recipe reads them."""
        method = self.cleaned_data["method"]
        values: dict[str, Any] = {"domain": self.domain.key, "method": {"name": method}}
        for item in (*schema.opening(), *(i for s in schema.sections() for i in s.items)):
            _put(values, item.place.split("."), self._typed(item))
        card = methods.find(method)
        for item in card.parameters if card else ():
            _put(values["method"], [item.key], self._typed(item))
        return values

    def _typed(self, item: Item) -> Any:
        typed = self.cleaned_data.get(item.place)
        if item.kind == "list":
            return [part.strip() for part in str(typed).split(",") if part.strip()]
        may_be_empty = item.default is None and not item.required
        return None if may_be_empty and typed == "" else typed

    def _place(self, problem: Problem) -> str | None:
        """The field a problem belongs to; None for one about the whole recipe."""
        place = problem.place
        if place.startswith("method."):
            place = f"method.{self.cleaned_data.get('method')}.{place.removeprefix('method.')}"
        while place and place not in self.fields:
            place = place.rpartition(".")[0]
        return place or None


class TomlForm(forms.Form):
    """A recipe as TOML, pasted or chosen as a file."""

    text = forms.CharField(
        label="Recipe",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "autocomplete": "off"}),
    )
    file = forms.FileField(label="or choose a file", required=False, allow_empty_file=True)

    recipe: Recipe | None = None
    problems: tuple[Problem, ...] = ()

    def __init__(
        self, domain: Federation, data: QueryDict | None = None, files: Any = None, text: str = ""
    ) -> None:
        self._upload = _uploaded(files)
        if data is not None and self._upload is not None:
            data = data.copy()
            data["text"] = self._upload.decode("utf-8", errors="replace")
        super().__init__(data, initial={"text": text or _example(domain)}, auto_id="field-%s")

    @property
    def toml(self) -> str:
        """The text as it was given."""
        return str(self.cleaned_data["text"])

    @property
    def located(self) -> list[tuple[Problem, str]]:
        """Each problem with the text of its line."""
        lines = ["", *(self["text"].value() or "").splitlines()]
        return [(p, lines[p.line] if p.line and p.line < len(lines) else "") for p in self.problems]

    def clean(self) -> dict[str, Any]:
        """Read the text; keep every problem with its line."""
        text = self.cleaned_data.get("text") or ""
        if not text.strip():
            self.problems = (Problem("recipe", None, "the text is empty"),)
        else:
            self._read(text)
        if self.problems:
            self.add_error(None, "This recipe was refused.")
        return self.cleaned_data

    def _read(self, text: str) -> None:
        try:
            self.recipe = validation.parse(text if self._upload is None else self._upload)
        except BadRecipe as refused:
            self.problems = refused.problems


def _start(domain: Federation) -> dict[str, Any]:
    """What the form shows first: the recipe's defaults on this domain's base model."""
    return {"base.model": domain.base_model, **(PRACTICE_START if domain.practice else {})}


def _typed(value: Any) -> Any:
    """A value as a person would type it into its field."""
    return ", ".join(value) if isinstance(value, list) else value


def _example(domain: Federation) -> str:
    """A whole recipe to start from, every value the form would propose."""
    values: dict[str, Any] = {"name": "My recipe", "domain": domain.key}
    for place, value in _start(domain).items():
        _put(values, place.split("."), value)
    return to_toml(Recipe.model_validate(values))


def _all_items() -> Iterable[Item]:
    yield from schema.opening()
    for section in schema.sections():
        yield from section.items
    for card in methods.cards():
        yield from card.parameters


def _fieldset(form: RecipeForm, section: schema.Section) -> SectionFields:
    fields = [form[item.place] for item in section.items]
    return SectionFields(section, fields, any(field.errors for field in fields))


def _field(item: Item) -> forms.Field:
    """The form field of one item. None is required here: the recipe says what is missing."""
    words: dict[str, Any] = {"label": item.title, "help_text": _help(item), "required": False}
    if item.kind == "yes or no":
        return forms.BooleanField(initial=item.default, **words)
    initial = item.shown_default if item.default is not None else ""
    return forms.CharField(initial=initial, widget=_widget(item), **words)


def _widget(item: Item) -> forms.Widget:
    match item.kind:
        case "choice":
            return forms.Select(choices=[(choice, choice) for choice in item.choices])
        case "long text":
            return forms.Textarea(attrs={"rows": 3, "maxlength": item.longest})
        case "integer" | "number":
            return forms.NumberInput(attrs=_bounds(item))
        case _:
            return forms.TextInput(attrs={"maxlength": item.longest} if item.longest else {})


def _bounds(item: Item) -> dict[str, Any]:
    low = item.low if item.low is not None else item.above
    high = item.high if item.high is not None else item.below
    bounds = {"min": low, "max": high, "step": "1" if item.kind == "integer" else "any"}
    return {name: value for name, value in bounds.items() if value is not None}


def _help(item: Item) -> str:
    """The field's words, then its range."""
    separated = ["Separate several with commas."] if item.kind == "list" else []
    ranged = [f"{item.bounds[:1].upper()}{item.bounds[1:]}."] if item.bounds else []
    return " ".join([item.help, *separated, *ranged]).strip()


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    *tables, last = path
    for table in tables:
        values = values.setdefault(table, {})
    values[last] = value


def _sentence(problem: Problem) -> str:
    message = problem.message[:1].upper() + problem.message[1:]
    return f"{message} ({problem.hint})" if problem.hint else message


def _uploaded(files: Any) -> bytes | None:
    """The chosen file, read one byte past the limit so that the reader can refuse it."""
    chosen: UploadedFile | None = files.get("file") if files else None
    return None if chosen is None else chosen.read(MAX_BYTES + 1)
