"""Archives that do what they should not: each is refused, and nothing of it is left."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.uploads import archive, unpack

Entry = tuple[str, bytes]


def zipped(path: Path, *entries: Entry | tuple[zipfile.ZipInfo, bytes], **how: int) -> Path:
    how = {"compression": zipfile.ZIP_DEFLATED, **how}
    with zipfile.ZipFile(path, "w", **how) as file:  # type: ignore[arg-type]
        for name, content in entries:
            file.writestr(name, content)
    return path


def moded(name: str, kind: int) -> zipfile.ZipInfo:
    """A member that says it is of a kind of file of Unix."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    return info


def sentences(problems: object) -> str:
    return "\n".join(map(str, problems))  # type: ignore[call-overload]


@pytest.fixture
def try_out(tmp_path: Path) -> Callable[[Path], str]:
    """Unpack and answer every problem; whatever happens, nothing may lie outside."""

    def try_out(source: Path, name: str = "a.zip") -> str:
        into = tmp_path / "room" / "into"
        problems = unpack(source, name, into)
        assert {p.name for p in tmp_path.iterdir()} <= {source.name, "room", "state"}
        assert [p.name for p in into.parent.iterdir()] == ["into"]
        if problems:
            assert list(into.iterdir()) == [], "nothing is left of what is refused"
        return sentences(problems)

    return try_out


def test_a_zip_comes_out_as_it_went_in(tmp_path: Path, try_out: Callable[[Path], str]) -> None:
    source = zipped(tmp_path / "a.zip", ("deep/b.txt", b"b"), ("a.json", b"{}"), ("empty/", b""))
    assert try_out(source) == ""
    into = tmp_path / "room" / "into"
    found = {p.relative_to(into).as_posix(): p.read_bytes() for p in into.rglob("*.*")}
    assert found == {"deep/b.txt": b"b", "a.json": b"{}"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../up.txt", "leads out of the archive"),
        ("a/../../up.txt", "leads out of the archive"),
        ("/etc/cron.d/x", "not a relative path"),
        ("C:/x", "not a relative path"),
        ("a\\..\\up", "not a relative path"),
        ("a//b", "empty part"),
        ("./a", "empty part"),
        ("a\tb", "control character"),
        ("a\u202eb", "invisible"),
        ("u\u0308.txt", "NFC"),
        ("x" * 256, "more than 255 bytes"),
        ("ü" * 128, "more than 255 bytes"),
        ("/".join("a" * 17), "17 folders deep"),
        ("CON", "device on Windows"),
        ("a/nul.txt", "device on Windows"),
        ("Com1.tar.txt", "device on Windows"),
        ("ab:c", "not every system allows"),
        ("b.", "not every system allows"),
        ("b ", "not every system allows"),
    ],
)
def test_a_name_that_is_unsafe_somewhere_is_refused(
    tmp_path: Path, try_out: Callable[[Path], str], name: str, words: str
) -> None:
    source = zipped(tmp_path / "a.zip", ("good.txt", b"x"), (name, b"x"))
    assert words in try_out(source)


def test_a_name_cut_by_a_zero_byte_is_judged_whole(
    tmp_path: Path, try_out: Callable[[Path], str]
) -> None:
    source = zipped(tmp_path / "a.zip", ("good.txt?evil", b"x"))
    source.write_bytes(source.read_bytes().replace(b"good.txt?evil", b"good.txt\0evil"))
    assert "control character" in try_out(source)


@pytest.mark.parametrize(
    "names",
    [("a.txt", "A.TXT"), ("d/x", "D/y"), ("ß.txt", "ss.txt"), ("a", "a/b"), ("a.txt", "a.txt")],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_names_that_meet_somewhere_are_refused(
    tmp_path: Path, try_out: Callable[[Path], str], names: tuple[str, str]
) -> None:
    told = try_out(zipped(tmp_path / "a.zip", *((name, b"x") for name in names)))
    assert "case only" in told or "a file and a folder" in told


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (stat.S_IFLNK, "is a link"),
        (stat.S_IFCHR, "a device or a pipe"),
        (stat.S_IFBLK, "a device or a pipe"),
        (stat.S_IFIFO, "a device or a pipe"),
        (stat.S_IFSOCK, "a device or a pipe"),
    ],
)
def test_what_is_no_plain_file_is_refused(
    tmp_path: Path, try_out: Callable[[Path], str], kind: int, words: str
) -> None:
    source = zipped(tmp_path / "a.zip", (moded("x", kind), b"/etc/passwd"))
    assert words in try_out(source)


def test_archives_in_archives_are_refused(tmp_path: Path, try_out: Callable[[Path], str]) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("x", "x")
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as bundle:
        bundle.addfile(tarfile.TarInfo("x"))
    source = zipped(
        tmp_path / "a.zip",
        ("samples.jsonl", inner.getvalue()),
        ("b.json", b"\x1f\x8b\x08" + b"0" * 20),
        ("c.txt", tar.getvalue()),
    )
    told = try_out(source)
    assert "is a zip archive itself" in told
    assert "is a gzip archive itself" in told and "is a tar archive itself" in told


def test_a_bomb_by_ratio_is_not_unpacked(tmp_path: Path, try_out: Callable[[Path], str]) -> None:
    source = zipped(tmp_path / "a.zip", ("zeros.jsonl", b"0" * (20 * 1024**2)))
    assert "more than 100 times its size" in try_out(source)


def test_a_bomb_by_number_is_not_unpacked(tmp_path: Path, try_out: Callable[[Path], str]) -> None:
    source = zipped(tmp_path / "a.zip", *((f"{n}.txt", b"") for n in range(2001)))
    assert "2,001 members found, at most 2,000" in try_out(source)


def test_a_bomb_by_sum_is_not_unpacked(
    tmp_path: Path, try_out: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_OUTPUT_BYTES", 1000)
    monkeypatch.setattr(archive, "RATIO_COUNTS_FROM", 10**9)
    source = zipped(tmp_path / "a.zip", *((f"{n}.txt", b"0" * 3000) for n in range(4)))
    assert "unpacked" in try_out(source)


def test_members_that_share_bytes_are_refused(
    tmp_path: Path, try_out: Callable[[Path], str]
) -> None:
    """Fifield's bomb: many members of the list lead to the same bytes."""
    source = zipped(tmp_path / "a.zip", ("a.txt", b"x" * 100), ("b.txt", b"y" * 100))
    content = bytearray(source.read_bytes())
    second = content.rfind(b"PK\x01\x02")
    content[second + 42 : second + 46] = (0).to_bytes(4, "little")
    source.write_bytes(content)
    assert "shares bytes with another" in try_out(source)


def test_a_member_longer_than_it_says_is_refused(
    tmp_path: Path, try_out: Callable[[Path], str]
) -> None:
    source = zipped(tmp_path / "a.zip", ("a.txt", b"x" * 1000))
    content = bytearray(source.read_bytes())
    for magic, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.find(magic)
        content[start + at : start + at + 4] = (10).to_bytes(4, "little")
    source.write_bytes(content)
    assert "cannot be read" in try_out(source) or "larger than" in try_out(source)


def test_an_encrypted_member_is_refused(tmp_path: Path, try_out: Callable[[Path], str]) -> None:
    source = zipped(tmp_path / "a.zip", ("a.txt", b"x"))
    content = bytearray(source.read_bytes())
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(magic) + at] |= 1
    source.write_bytes(content)
    assert "is encrypted" in try_out(source)


def test_an_unusual_compression_is_refused(tmp_path: Path, try_out: Callable[[Path], str]) -> None:
    source = zipped(tmp_path / "a.zip", ("a.txt", b"x" * 50), compression=zipfile.ZIP_LZMA)
    assert "packed in an unusual way" in try_out(source)


def test_every_problem_is_told_at_once(tmp_path: Path, try_out: Callable[[Path], str]) -> None:
    source = zipped(
        tmp_path / "a.zip", ("../a", b"x"), (moded("link", stat.S_IFLNK), b"/"), ("aux", b"x")
    )
    told = try_out(source)
    assert all(words in told for words in ("leads out", "is a link", "device on Windows"))


def test_what_macos_adds_is_passed_over(tmp_path: Path, try_out: Callable[[Path], str]) -> None:
    source = zipped(
        tmp_path / "a.zip", ("a.txt", b"x"), ("__MACOSX/._a.txt", b"x"), (".DS_Store", b"x")
    )
    assert try_out(source) == ""
    assert [p.name for p in (tmp_path / "room" / "into").iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.json", "is empty"),
        (b"PK\x05\x06" + b"\0" * 18, "a.zip", "archive is empty"),
        (b"PK\x03\x04 and no more", "a.zip", "cannot be read"),
        (b"\x1f\x8b\x08", "a.tar.gz", "a gzip archive found"),
        (b"{}", "a.zip", "not a zip archive"),
        (b"{}", "../a.json", "leads out"),
        (b"{}", "b/a.json", "is a path, not a name"),
        (b"{}", "", "empty part"),
    ],
)
def test_a_single_file_is_taken_by_its_content_and_a_safe_name(
    tmp_path: Path, try_out: Callable[..., str], content: bytes, name: str, words: str
) -> None:
    source = tmp_path / "sent"
    source.write_bytes(content)
    assert words in try_out(source, name)


def test_a_plain_file_is_taken_under_its_name(tmp_path: Path, try_out: Callable[..., str]) -> None:
    source = tmp_path / "sent"
    source.write_bytes(b"{}")
    assert try_out(source, "samples.jsonl") == ""
    assert (tmp_path / "room" / "into" / "samples.jsonl").read_bytes() == b"{}"
