"""Hand in anything: a recipe, an adapter, outputs, numbers; or only hear what would become of it.

What is refused leaves nothing: files are looked at in a folder that goes away, and all rows and
stored files come in one transaction after the last reason to refuse.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction

from federated.errors import EngineError
from federated.methods import METHODS
from federated.reading import BadRecipe, Problem
from federated.recipe import Recipe
from leaderboard import storage, validation
from leaderboard.models import VISIBILITIES, Membership, Submission, Team
from leaderboard.uploads import Declared, Found, look, look_recipe, named, prepare, unpack

from . import duplicates, quota
from .incoming import incoming
from .quota import Left
from .reported import publish_reported
from .submit import enqueue, submit

TRUST = {
    "recipe": "verified",
    "adapter": "evaluated",
    "outputs": "recomputed",
    "numbers": "reported",
}
LONGEST_BASE = 120
"""Characters of a base model's name that a row holds."""
ELSEWHERE = "elsewhere"
"""The method of what names none of ours."""


class Refused(ValueError):
    """What was handed in is not taken, with every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class Checked(NamedTuple):
    """What a hand-in would be told; nothing was used or stored."""

    found: Found
    quota_left: Left
    duplicates: tuple[Submission, ...]


class _Looked(NamedTuple):
    """An upload as it was found, what of it would be kept, and who handed in the same before."""

    found: Found
    kept: Path | None = None
    digest: str = ""
    duplicates: tuple[Submission, ...] = ()


def check(
    user: Any, source: Path | None, name: str, declared: Declared, recipe_text: str | None = None
) -> Checked:
    """Everything that would speak against it, without handing it in."""
    with _looked(user, source, name, declared, recipe_text) as looked:
        return Checked(looked.found, quota.left(user), looked.duplicates)


def hand_in(
    user: Any,
    source: Path | None,
    name: str,
    declared: Declared,
    *,
    team: Team | str | None = None,
    visibility: str = "public",
    recipe_text: str | None = None,
) -> Submission:
    """Store it and let it wait for its first step, or publish reported numbers at once.

    `Refused` with every problem; `OverQuota` when the day's submissions or the storage are used
    up. A file is taken from `source` by copying.
    """
    with _looked(user, source, name, declared, recipe_text) as looked:
        own_team, problems = team_of(user, team)
        problems += [*_visibility_problems(visibility, looked.found), *looked.found.problems]
        if problems:
            raise Refused(problems)
        more = {"team": own_team, "visibility": visibility}
        if looked.found.kind == "recipe":
            return _recipe(user, source, recipe_text, more)
        with transaction.atomic():
            if visibility != "draft":
                quota.take(user)
            return _store(user, looked, declared, more)


def hand_in_recipe(user: Any, recipe: Recipe, text: str = "", **more: Any) -> Submission:
    """A recipe that was checked already, counted like everything else; `more` as `submit` has it.

    `OverQuota` when the day's submissions are used up; an `EngineError` of the hub passes through.
    """
    with transaction.atomic():
        if more.get("visibility") != "draft":
            quota.take(user)
        return submit(user, recipe, text, **more)


def _recipe(user: Any, source: Path | None, text: str | None, more: dict[str, Any]) -> Submission:
    content: str | bytes = text if text is not None else source.read_bytes() if source else ""
    try:
        recipe = validation.parse(content)
        plain = content if isinstance(content, str) else content.decode()
        return hand_in_recipe(user, recipe, plain, **more)
    except BadRecipe as refused:
        raise Refused(refused.problems) from None
    except EngineError as error:  # the hub had everything a moment ago, now it does not
        raise Refused([Problem("recipe", None, error.message, error.hint)]) from None


def _store(user: Any, looked: _Looked, declared: Declared, more: dict[str, Any]) -> Submission:
    """The row, the files it names, and its first attempt."""
    found = looked.found
    assert found.kind is not None and found.domain is not None
    upload = _keep(user, looked)
    submission = Submission.objects.create(
        owner=user,
        kind=found.kind,
        trust=TRUST[found.kind],
        name=declared.name,
        description=declared.description,
        domain=found.domain,
        method=_method(declared),
        base_model=_storable(found.base_model or declared.base_model)[:LONGEST_BASE],
        base_pin=found.facts.get("base") or {},
        upload=upload,
        upload_format=found.format,
        declared=declared.said(),
        findings=[_finding(warning) for warning in found.warnings],
        **more,
    )
    if found.kind == "numbers":
        publish_reported(submission, declared)
    elif submission.visibility != "draft":
        made = {"adapter": upload} if found.kind == "adapter" else {}
        enqueue(submission, "waiting-evaluation", **made)
    return submission


def _method(declared: Declared) -> str:
    """One of ours that trains, or none: nobody hands in a control."""
    method = METHODS.get(declared.method)
    return declared.method if method and method.trains and not method.control else ELSEWHERE


def _keep(user: Any, looked: _Looked) -> str:
    """Store the files. The use of quota that was taken before makes one wait for the other."""
    if looked.kept is None:
        return ""
    quota.take(user, "storage", _size(looked.kept))
    if own := duplicates.own(user, duplicates.same_content(looked.digest)):
        raise Refused([duplicates.twice(own)])
    return storage.put_tree(looked.kept)


@contextmanager
def _looked(
    user: Any, source: Path | None, name: str, declared: Declared, recipe_text: str | None
) -> Iterator[_Looked]:
    """What is in it, as long as its unpacked files are there."""
    if recipe_text is not None:
        yield _Looked(look_recipe(recipe_text))
    elif source is None:
        found = look(None, name, declared)
        yield _with_duplicates(user, _Looked(found), duplicates.same_numbers(user, declared))
    else:
        with tempfile.TemporaryDirectory(dir=incoming()) as place:
            yield _unpacked(user, source, name, declared, Path(place))


def _unpacked(user: Any, source: Path, name: str, declared: Declared, place: Path) -> _Looked:
    files = place / "files"
    if problems := unpack(source, name, files):
        return _Looked(named(Found(None, problems=problems), declared))
    found = look(files, name, declared)
    if found.problems or found.kind not in ("adapter", "outputs"):
        return _Looked(found)
    kept = files
    if found.kind == "adapter":
        kept = place / "kept"
        prepare(files, found, kept)
    digest = storage.digest_of_tree(kept)
    return _with_duplicates(user, _Looked(found, kept, digest), duplicates.same_content(digest))


def _with_duplicates(user: Any, looked: _Looked, same: Sequence[Submission]) -> _Looked:
    """One's own is refused; that of somebody else is said, if it is public."""
    found, own = looked.found, duplicates.own(user, same)
    if own is not None:
        found = found._replace(problems=(*found.problems, duplicates.twice(own)))
    others = [s for s in same if s.owner_id != user.pk and s.visibility == "public"]
    if others:
        said = f"the same content was handed in before by somebody else: {others[0].pk}"
        found = found._replace(warnings=(*found.warnings, Problem("file", None, said)))
    return looked._replace(found=found, duplicates=(*([own] if own else []), *others))


def team_of(user: Any, team: Team | str | None) -> tuple[Team | None, list[Problem]]:
    """A team of one's own; of others it is not said whether they are there."""
    if not team:
        return None, []
    slug = team if isinstance(team, str) else team.slug
    member = Membership.objects.filter(user=user, team__slug=slug).select_related("team").first()
    if member is None:
        return None, [Problem("team", None, f"found {slug[:40]!r}, a team of yours wanted")]
    return member.team, []


def _visibility_problems(visibility: str, found: Found) -> list[Problem]:
    if visibility not in VISIBILITIES:
        wanted = ", ".join(VISIBILITIES)
        return [Problem("visibility", None, f"found {visibility[:20]!r}, one of {wanted} wanted")]
    if visibility == "draft" and found.kind == "numbers":
        return [Problem("visibility", None, "numbers have nothing to wait for: public or private")]
    return []


def _finding(warning: Problem) -> dict[str, str]:
    return {
        "place": _storable(warning.place),
        "message": _storable(warning.message),
        "hint": _storable(warning.hint),
    }


def _storable(text: str) -> str:
    """Words that an upload has a part in, without the character that PostgreSQL does not store."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
