"""A file that was sent, unpacked within limits, or refused with nothing left of it.

Names are judged before a byte is unpacked, sizes are counted while it happens: what an archive
says of itself is not believed.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from federated.reading import Problem

from . import names
from .contract import MAX_ADAPTER_BYTES, MAX_EXPANSION, MAX_OUTPUT_BYTES, MIB

MAX_RATIO = 100
RATIO_COUNTS_FROM = MIB
"""Small files of zeros compress well and do no harm."""
MAX_DIRECTORY_BYTES = 4 * MIB
"""Of a zip file's list of members, which its reader holds in memory."""

ZIP = b"PK\x03\x04"
ARCHIVES = {
    ZIP: "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x28\xb5\x2f\xfd": "zstd",
}
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(source: Path, name: str, into: Path) -> tuple[Problem, ...]:
    """Put what `source` holds into the folder `into`: a zip's members, or the file as `name`.

    Every problem at once; `into` is empty then.
    """
    size = source.stat().st_size
    if size > MAX_ADAPTER_BYTES:
        return (_too_large("file", size, MAX_ADAPTER_BYTES),)
    with source.open("rb") as file:
        start = file.read(512)
    into.mkdir(parents=True, exist_ok=True)
    problems = (
        _unpack_zip(source, into) if start.startswith(ZIP) else _copy(source, start, name, into)
    )
    if problems:
        shutil.rmtree(into)
        into.mkdir()
    return problems


def archive_kind(start: bytes) -> str | None:
    """Which kind of archive begins with these bytes."""
    if start[257:262] == b"ustar":
        return "tar"
    return next((kind for magic, kind in ARCHIVES.items() if start.startswith(magic)), None)


def _copy(source: Path, start: bytes, name: str, into: Path) -> tuple[Problem, ...]:
    """A single file under its own name, if that is a safe one."""
    if kind := archive_kind(start):
        empty = "the zip archive is empty" if kind == "zip" else f"a {kind} archive found"
        return (Problem("file", None, empty, "send a zip archive with the files in it"),)
    if name.lower().endswith(".zip"):
        return (Problem("file", None, "not a zip archive, whatever its name says"),)
    size = source.stat().st_size
    if size == 0:
        return (Problem("file", None, "the file is empty"),)
    if size > (most := _most(name)):
        return (_too_large("file", size, most),)
    if problems := names.problems_of([name]) or _folder_in(name):
        return problems
    shutil.copyfile(source, into / name)
    return ()


def _folder_in(name: str) -> tuple[Problem, ...]:
    return (Problem(ascii(name[:80]), None, "is a path, not a name"),) if "/" in name else ()


def _unpack_zip(source: Path, into: Path) -> tuple[Problem, ...]:
    if problem := _list_problem(source):
        return (problem,)
    try:
        with zipfile.ZipFile(source) as archive:
            wanted = [i for i in archive.infolist() if not names.is_ignored(i.orig_filename)]
            return _header_problems(source, wanted) or _extract(archive, wanted, into)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        return (_damaged(error),)
    except (ValueError, RuntimeError, UnicodeError) as error:  # a reader's own limits
        return (_damaged(error),)


def _damaged(error: Exception) -> Problem:
    said = f"{type(error).__name__}: {error}"[:120]
    return Problem("file", None, f"the zip archive cannot be read ({said})", "make it again")


def _list_problem(source: Path) -> Problem | None:
    """The list of members has to be small before anything reads it."""
    with source.open("rb") as file:
        file.seek(max(0, source.stat().st_size - 65_557))
        tail = file.read()
    at = tail.find(b"PK\x05\x06")
    while at >= 0:
        count = int.from_bytes(tail[at + 10 : at + 12], "little")
        size = int.from_bytes(tail[at + 12 : at + 16], "little")
        if tail[max(0, at - 20) : at].startswith(b"PK\x06\x07") or size > MAX_DIRECTORY_BYTES:
            return Problem("file", None, "the zip archive's list of members is too long")
        if count > names.MAX_MEMBERS:
            return Problem(
                "file", None, f"{count:,} members found, at most {names.MAX_MEMBERS:,} are read"
            )
        at = tail.find(b"PK\x05\x06", at + 1)
    return None


def _header_problems(source: Path, members: Sequence[zipfile.ZipInfo]) -> tuple[Problem, ...]:
    """What the archive says of itself, without unpacking."""
    files = [member for member in members if not member.orig_filename.endswith("/")]
    if not files:
        return (Problem("file", None, "the zip archive is empty"),)
    found = [*names.problems_of([member.orig_filename for member in members])]
    found += [problem for member in members if (problem := _member_problem(member))]
    size, most = source.stat().st_size, max(_most(member.orig_filename) for member in files)
    if size > most:
        found.append(_too_large("file", size, most))
    if (total := sum(member.file_size for member in files)) > most * MAX_EXPANSION:
        found.append(_too_large("file", total, most * MAX_EXPANSION, "unpacked"))
    return tuple(found) + _overlaps(members)


def _member_problem(member: zipfile.ZipInfo) -> Problem | None:
    place, kind = ascii(member.orig_filename[:80]), stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "a link" if kind == stat.S_IFLNK else "a device or a pipe"
        return Problem(place, None, f"is {what}, not a plain file", "put the file itself in")
    if member.flag_bits & 0x1:
        return Problem(place, None, "is encrypted", "make the archive without a password")
    if member.compress_type not in PLAIN:
        return Problem(place, None, "is packed in an unusual way", "use deflate or store")
    if _ratio_is_off(member.file_size, member.compress_size):
        return Problem(place, None, f"unpacks to more than {MAX_RATIO} times its size")
    return None


def _overlaps(members: Sequence[zipfile.ZipInfo]) -> tuple[Problem, ...]:
    """Members that share bytes: a small archive of which each byte counts many times."""
    end = 0
    for member in sorted(members, key=lambda found: found.header_offset):
        if member.header_offset < end:
            return (Problem(ascii(member.orig_filename[:80]), None, "shares bytes with another"),)
        end = member.header_offset + 30 + member.compress_size
    return ()


def _extract(
    archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], into: Path
) -> tuple[Problem, ...]:
    found = []
    for member in members:
        target = into / member.orig_filename
        if member.orig_filename.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as packed:
            if problem := _write(packed, member, target):
                found.append(problem)
    return tuple(found)


def _write(packed: IO[bytes], member: zipfile.ZipInfo, target: Path) -> Problem | None:
    """One member, not one byte more than it says, and no archive."""
    place = ascii(member.orig_filename[:80])
    written = 0
    with target.open("xb") as file:
        while chunk := packed.read(MIB):
            if not written and (kind := archive_kind(chunk)):
                return Problem(place, None, f"is a {kind} archive itself", "put its files in")
            written += len(chunk)
            if written > member.file_size:
                return Problem(place, None, "is larger than the archive says")
            file.write(chunk)
    return None


def _ratio_is_off(size: int, packed: int) -> bool:
    return size > RATIO_COUNTS_FROM and size > MAX_RATIO * packed


def _most(name: str) -> int:
    """What a file of this name may be part of."""
    return MAX_ADAPTER_BYTES if name.lower().endswith(".safetensors") else MAX_OUTPUT_BYTES


def _too_large(place: str, found: int, most: int, how: str = "sent") -> Problem:
    return Problem(
        place, None, f"{found / MIB:,.1f} MiB {how}, at most {most / MIB:,.0f} MiB are taken"
    )
