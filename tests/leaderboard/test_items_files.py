"""Stored items files: read for pages, old ones completed, broken ones refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.conf import settings

from evaluators.job import ITEM_COLUMNS
from leaderboard import itemfiles, storage
from tests.leaderboard import item_cast

pytestmark = pytest.mark.django_db


def test_the_light_columns_become_lines_in_the_files_order(tmp_path: Path) -> None:
    sheet = itemfiles.sheet(item_cast.stored(item_cast.FOUR, tmp_path))
    assert [(line.place, line.item_id, line.group, line.verdict) for line in sheet.lines] == [
        (1, "stem-0", "abstract_algebra", "right"),
        (2, "stem-1", "abstract_algebra", "wrong"),
        (3, "stem-2", "astronomy", "right"),
        (4, "stem-3", "astronomy", "wrong"),
    ]
    assert [line.in_form for line in sheet.lines] == [True, True, True, False]
    assert "loglikelihoods" not in sheet.columns.column_names


def test_the_samples_of_an_item_are_one_line(tmp_path: Path) -> None:
    sheet = itemfiles.sheet(item_cast.stored(item_cast.PROGRAMS, tmp_path))
    assert [(line.rows, line.right) for line in sheet.lines] == [
        ((0, 1), 2),
        ((2, 3), 1),
        ((4, 5), 0),
    ]
    assert [line.verdict for line in sheet.lines] == ["right", "partly", "wrong"]
    assert sheet.lines[1].reasons == ("passed", "wrong answer")


def test_samples_belong_together_wherever_they_stand_in_the_file(tmp_path: Path) -> None:
    digest = item_cast.stored(reversed(item_cast.PROGRAMS), tmp_path)
    sheet = itemfiles.sheet(digest)
    assert [line.item_id for line in sheet.lines] == ["code-2", "code-1", "code-0"]
    assert [row["sample"] for row in itemfiles.samples(digest, sheet.lines[1])] == [0, 1]


def test_files_of_the_first_evaluator_are_read_with_defaults(tmp_path: Path) -> None:
    digest = item_cast.stored(item_cast.FOUR, tmp_path, old=True)
    sheet = itemfiles.sheet(digest)
    assert [line.group for line in sheet.lines] == [""] * 4
    assert sheet.cell("reason", 0) is None
    (row,) = itemfiles.samples(digest, sheet.lines[1])
    assert (row["sample"], row["options"], row["stdout"], row["seconds"]) == (0, None, None, None)
    assert row["gold"] == "C"


def test_a_file_is_read_once_however_often_it_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = item_cast.stored(item_cast.FOUR[:3], tmp_path)
    first = itemfiles.sheet(digest)
    monkeypatch.setattr(storage, "read", lambda digest: pytest.fail("read again"))
    assert itemfiles.sheet(digest) is first


def test_json_lines_say_what_the_parquet_file_says(tmp_path: Path) -> None:
    file = item_cast.file_of(item_cast.FOUR + item_cast.PROGRAMS, tmp_path)
    lines = "".join(itemfiles.json_lines(storage.put(file))).splitlines()
    assert [json.loads(line) for line in lines] == pq.read_table(file).to_pylist()


def test_json_lines_of_an_old_file_have_its_own_columns(tmp_path: Path) -> None:
    file = item_cast.file_of(item_cast.FOUR, tmp_path, old=True)
    line = next(itemfiles.json_lines(storage.put(file)))
    assert list(json.loads(line)) == pq.read_schema(file).names


def test_no_number_is_null_in_json(tmp_path: Path) -> None:
    row = item_cast.FOUR[0] | {"loglikelihoods": [-1.5, math.nan, -math.inf, 0.0]}
    (line,) = itemfiles.json_lines(item_cast.stored([row | {"seconds": math.inf}], tmp_path))
    assert json.loads(line)["loglikelihoods"] == [-1.5, None, None, 0.0]
    assert json.loads(line)["seconds"] is None
    assert "NaN" not in line and "Infinity" not in line


def test_a_line_break_in_an_output_stays_inside_its_line(tmp_path: Path) -> None:
    row = item_cast.FOUR[0] | {"output": "a\r\nb\u2028c\x85d"}
    text = "".join(itemfiles.json_lines(item_cast.stored([row], tmp_path)))
    assert text.count("\n") == 1 and "\r" not in text
    assert json.loads(text)["output"] == "a\r\nb\u2028c\x85d"


def test_what_is_no_items_file_is_refused() -> None:
    with pytest.raises(storage.StorageError, match="is no items file"):
        itemfiles.sheet(storage.put(b"PAR1 not really PAR1"))


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    digest = item_cast.stored(item_cast.FOUR[:2], tmp_path)
    (settings.STATE_DIR / "artifacts" / digest[:2] / digest).write_bytes(b"other")
    with pytest.raises(storage.StorageError, match="was changed"):
        itemfiles.sheet(digest)


def test_a_missing_file_is_refused_before_the_first_line_is_sent() -> None:
    with pytest.raises(storage.StorageError, match="No file"):
        itemfiles.json_lines("0" * 64)


def test_pages_and_tests_know_no_column_that_the_evaluator_does_not_write() -> None:
    assert set(itemfiles.LISTED) | set(itemfiles.ADDED) <= set(ITEM_COLUMNS)
    assert set(item_cast.TYPES) == set(ITEM_COLUMNS)
