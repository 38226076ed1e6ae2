"""The per-item files: whole or not there, and enough to score from."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from evaluators import items
from evaluators.items import Item
from evaluators.job import ITEM_COLUMNS
from evaluators.scoring import Tally


def item(place: int, correct: bool = True, echo: str | None = None) -> Item:
    return Item(
        item_id=f"t-{place}",
        sample=0,
        group="",
        prompt_sha256=items.sha256(f"p{place}"),
        prompt=f"p{place}",
        echo=echo,
        output="out",
        answer="positive",
        gold="positive",
        options=["negative", "positive"],
        correct=correct,
        compliant=not correct,
        loglikelihoods=[-1.0, -2.5],
    )


def test_columns_are_the_contracts() -> None:
    assert Item._fields == ITEM_COLUMNS


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file, some = tmp_path / "items" / "x.parquet", [item(0), item(1, False, "echo")]
    items.write(file, some, {"fingerprint": "f"})
    assert items.read(file) == some
    assert items.read_metadata(file) == {"fingerprint": "f"}
    assert items.count(file) == Tally(2, 1, 1)
    assert [f.name for f in file.parent.iterdir()] == ["x.parquet"]
    assert pq.read_schema(file).names == list(ITEM_COLUMNS)


def test_a_damaged_or_foreign_file_belongs_to_no_job(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    assert items.read_metadata(file) is None
    file.write_bytes(b"PAR1 not really")
    assert items.read_metadata(file) is None
    pq.write_table(pq.read_table(_written(tmp_path)).replace_schema_metadata({}), file)
    assert items.read_metadata(file) is None


def _written(folder: Path) -> Path:
    items.write(folder / "y.parquet", [item(0)], {})
    return folder / "y.parquet"


def test_the_prompts_digest_knows_their_order(tmp_path: Path) -> None:
    items.write(tmp_path / "a", [item(0), item(1)], {})
    items.write(tmp_path / "b", [item(1), item(0)], {})
    items.write(tmp_path / "c", [item(0, False), item(1)], {"other": "verdicts"})
    digests = [items.prompts_sha256(tmp_path / name) for name in "abc"]
    assert digests[0] == digests[2] != digests[1]


def test_the_text_that_was_judged_can_be_rebuilt() -> None:
    assert item(0).text == "p0out"
    assert item(0, echo="P ").text == "P out"
