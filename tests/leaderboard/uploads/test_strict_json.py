"""JSON from strangers: what is read, and what is refused with which words."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from leaderboard.uploads import strict_json
from leaderboard.uploads.strict_json import BadJson


def test_plain_json_is_read_as_json_reads_it() -> None:
    text = '{"a": [1, -2.5e3, true, null], "b": {"c": "\\u00fc \\ud83d\\ude00"}}'
    assert strict_json.loads(text) == {"a": [1, -2500.0, True, None], "b": {"c": "ü 😀"}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ('{"a": {"b": 1, "b": 1}}', "the key 'b' stands twice"),
        ("[NaN]", "NaN found"),
        ("[-Infinity]", "-Infinity found"),
        ("[1e999]", "too large"),
        ("9" * 65, "a number of 65 characters"),
        ("0." + "1" * 100, "a number of 102 characters"),
        ("[" * 65 + "]" * 65, "more than 64 levels"),
        ("[" * 100_000, "more than 64 levels"),
        ('{"a":' * 100_000, "more than 64 levels"),
        ('"\\ud800"', "half of a surrogate pair"),
        ('{"\\udc00": 1}', "half of a surrogate pair"),
        ("", "not valid JSON"),
        ("{'a': 1}", "not valid JSON"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_what_is_no_plain_json_is_refused_with_the_reason(text: str | bytes, words: str) -> None:
    with pytest.raises(BadJson, match=words):
        strict_json.loads(text)


def test_the_limits_themselves_are_allowed() -> None:
    assert strict_json.loads("9" * 64) == int("9" * 64)
    assert strict_json.loads("[" * 64 + "]" * 64)


def test_brackets_inside_strings_are_no_levels() -> None:
    text = '["' + "[" * 1000 + '\\"", "]"]'
    assert strict_json.loads(text) == ["[" * 1000 + '"', "]"]


def test_a_string_that_never_ends_takes_no_longer_than_its_length() -> None:
    started = time.monotonic()
    with pytest.raises(BadJson):
        strict_json.loads("[" * 60 + '"[[[[[' + '\\"' * 500_000)
    assert time.monotonic() - started < 2


def test_a_broken_text_says_on_which_line() -> None:
    with pytest.raises(BadJson) as refused:
        strict_json.loads('{\n "a": 1,\n oops\n}')
    assert refused.value.line == 3


def test_each_line_is_read_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    long = b'"' + b"x" * (3 * 1024**2) + b'"\n'
    file.write_bytes(b'{"a": 1}\n\n{"a": NaN}\n' + long + b'{"a": 2}')
    found = list(strict_json.read_lines(file))
    assert [number for number, _ in found] == [1, 3, 4, 5]
    assert (found[0][1], found[3][1]) == ({"a": 1}, {"a": 2})
    assert (str(found[1][1]), found[1][1].line) == ("NaN found, which is not a number", 3)
    assert str(found[2][1]) == "longer than 1,048,576 bytes"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("[1, 2, 3]")
    assert strict_json.read(file, 9) == [1, 2, 3]
    with pytest.raises(BadJson, match="9 bytes found, at most 8"):
        strict_json.read(file, 8)
