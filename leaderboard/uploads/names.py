"""Which names an upload's files may have: safe as paths on every system, each once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from federated.reading import Problem

MAX_MEMBERS = 2000
MAX_PARTS = 16
MAX_NAME_BYTES = 255

_RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"
}
_FORBIDDEN = set('<>:"|?*')
IGNORED = ("__MACOSX", ".DS_Store")
"""What macOS puts into archives beside the files: passed over."""


def is_ignored(path: str) -> bool:
    """Whether a member is a by-product of the archiver."""
    parts = path.split("/")
    return parts[0] == IGNORED[0] or parts[-1] == IGNORED[1]


def problems_of(paths: Iterable[str]) -> tuple[Problem, ...]:
    """Everything that is wrong with the paths of an archive, one by one and together."""
    paths = list(paths)
    if len(paths) > MAX_MEMBERS:
        return (
            Problem(
                "file", None, f"{len(paths):,} members found, at most {MAX_MEMBERS:,} are read"
            ),
        )
    return tuple(p for path in paths for p in _problems(path)) + tuple(_collisions(paths))


def _problems(path: str) -> Iterator[Problem]:
    """`path` as it stands in the archive; a folder ends in "/"."""
    shown = ascii(path[:80])
    parts = path.removesuffix("/").split("/")
    if path.startswith("/") or "\\" in path or path[1:2] == ":":
        yield Problem(shown, None, "not a relative path with / between its parts")
    elif ".." in parts:
        yield Problem(shown, None, "leads out of the archive", "name files from its top")
    elif len(parts) > MAX_PARTS:
        yield Problem(shown, None, f"{len(parts)} folders deep, at most {MAX_PARTS} are read")
    else:
        why = next(filter(None, map(_why_not, parts)), "")
        if why:
            yield Problem(shown, None, why)


def _why_not(part: str) -> str:
    """What is wrong with one part of a path; empty when nothing is."""
    if part in ("", "."):
        return "has an empty part"
    if any(unicodedata.category(letter).startswith("C") for letter in part):
        return "has an invisible or control character"
    if len(part.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        return f"has a name of more than {MAX_NAME_BYTES} bytes"
    if unicodedata.normalize("NFC", part) != part:
        return "is not in Unicode's composed form (NFC), so that two names could look the same"
    if _FORBIDDEN & set(part) or part[-1] in ". ":
        return 'has one of <>:"|?* in it or ends in . or a space, which not every system allows'
    if part.split(".")[0].strip().casefold() in _RESERVED:
        return "is the name of a device on Windows"
    return ""


def _collisions(paths: list[str]) -> Iterator[Problem]:
    """Paths that are one path where capitals do not count, and files that are folders too."""
    spelled: dict[str, str] = {}
    files: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        own = path.removesuffix("/")
        if path.endswith("/"):
            folders.add(_folded(own))
        elif _folded(own) in files:
            yield Problem(ascii(own[:80]), None, "stands twice, or differs in case only")
        else:
            files.add(_folded(own))
        for place in (own, *_parents(own)):
            if spelled.setdefault(_folded(place), place) != place:
                yield Problem(
                    ascii(place[:80]),
                    None,
                    f"differs from {spelled[_folded(place)][:80]!a} in case only",
                )
        folders.update(map(_folded, _parents(own)))
    for both in sorted(files & folders):
        yield Problem(ascii(both[:80]), None, "is a file and a folder")


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold())
