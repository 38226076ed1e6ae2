"""The upload page's form: a file, what is said of it, and who may see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.core.files.uploadedfile import UploadedFile

from federated.reading import Problem

from .domains import DOMAINS
from .uploads import Declared, read_declared

VISIBLE = (
    ("public", "Everybody"),
    ("private", "My team and I, on no board"),
    ("draft", "Only me, as a draft"),
)
SCORES_HELP = "Only where there are no outputs: one test a line, for example fpb = 81.27. Shown as "
SCORES_HELP += "reported and never ranked."


class Group(NamedTuple):
    """One fieldset."""

    title: str
    help: str
    fields: list[forms.BoundField]


class WhoForm(forms.Form):
    """For whom something is handed in, and who sees it."""

    team = forms.ChoiceField(label="Team", required=False)
    visibility = forms.ChoiceField(label="Who sees it", choices=VISIBLE, required=False)

    def __init__(self, *arguments: Any, teams: Iterable[tuple[str, str]] = (), **more: Any) -> None:
        """`teams`: (slug, name) of each that may be chosen."""
        super().__init__(*arguments, auto_id="field-%s", **more)
        self.fields["team"].choices = [("", "None"), *teams]  # type: ignore[attr-defined]


class UploadForm(WhoForm):
    """Everything but the file is a `Declared` in the end, and that decides what is right."""

    file = forms.FileField(
        label="File",
        required=False,
        allow_empty_file=True,
        help_text="A zip archive of an adapter or of outputs, or one file. A file is recognised by "
        "what is in it.",
    )
    name = forms.CharField(label="Name", required=False, help_text="As it stands on the board.")
    domain = forms.ChoiceField(label="Board", required=False)
    description = forms.CharField(
        label="Description", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    base_model = forms.CharField(
        label="Base model",
        required=False,
        help_text="Hub id. Without it the adapter's own word counts, then the board's base.",
    )
    base_revision = forms.CharField(label="Base revision", required=False)
    method = forms.CharField(label="Method", required=False, help_text="For example fedavg.")
    rounds = forms.CharField(label="Rounds", required=False)
    clients_per_round = forms.CharField(label="Clients a round", required=False)
    communication_mb = forms.CharField(
        label="Sent in all, MB", required=False, help_text="Both ways, all rounds."
    )
    trained_parameters = forms.CharField(label="Trained parameters", required=False)
    licence = forms.CharField(label="Licence", required=False)
    links = forms.CharField(
        label="Links",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Paper, code, one a line.",
    )
    training_data = forms.CharField(
        label="Training data",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Every data set that was trained on, one a line.",
    )
    scores = forms.CharField(
        label="Numbers alone",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=SCORES_HELP,
    )
    declared: Declared | None = None
    problems: tuple[Problem, ...] = ()

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        boards = [(key, domain.title) for key, domain in DOMAINS.items()]
        self.fields["domain"].choices = [("", "As the file says"), *boards]  # type: ignore[attr-defined]

    @property
    def groups(self) -> list[Group]:
        """The fieldsets in order."""
        return [
            Group("What", "The file, and how it appears on the board.", self._some(WHAT)),
            Group("How it was made", "Said by you, shown as such.", self._some(HOW)),
            Group("Numbers without outputs", "Instead of a file.", self._some(("scores",))),
            Group("Who", "For whom it is handed in, and who sees it.", self._some(WHO)),
        ]

    @property
    def chosen(self) -> UploadedFile | None:
        """The file that came with the form."""
        return self.cleaned_data.get("file")

    def clean(self) -> dict[str, Any]:
        """Hand what was typed to the declaration's checks; keep every problem with its place."""
        values, wrong = self._values()
        self.declared, problems = read_declared(values)
        self.problems = (*wrong, *problems)
        if not self.cleaned_data.get("file") and not values.get("scores") and not wrong:
            said = "neither a file nor numbers were given"
            self.problems += (Problem("file", None, said, "choose a file"),)
        if self.problems:
            self.add_error(None, "This upload was refused.")
        return self.cleaned_data

    def _values(self) -> tuple[dict[str, Any], tuple[Problem, ...]]:
        """What was typed, in the declaration's shape; an empty field says nothing."""
        typed = {name: self.cleaned_data.get(name) for name in Declared.model_fields}
        values = {name: value for name, value in typed.items() if value not in (None, "")}
        for name in ("links", "training_data"):
            if name in values:
                values[name] = _lines(values[name])
        if "scores" not in values:
            return values, ()
        scores, wrong = _scores(values["scores"])
        return {**values, "scores": scores}, wrong

    def _some(self, names: Iterable[str]) -> list[forms.BoundField]:
        return [self[name] for name in names]


WHAT = ("file", "name", "domain", "description")
HOW = (
    "base_model", "base_revision", "method", "rounds", "clients_per_round", "communication_mb",
    "trained_parameters", "licence", "links", "training_data",
)  # fmt: skip
WHO = ("team", "visibility")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _scores(text: str) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """{task: percent as typed} from lines of task = percent, and the lines that are none."""
    scores: dict[str, str] = {}
    wrong = []
    for number, line in enumerate(text.splitlines(), start=1):
        task, sign, percent = (part.strip() for part in line.partition("="))
        if sign and task and percent and task not in scores:
            scores[task] = percent.removesuffix("%").strip()
        elif line.strip():
            said = f"found {line[:60]!r}, wanted a test, =, its percentage, and each test once"
            wrong.append(Problem("scores", number, said))
    return scores, tuple(wrong)
