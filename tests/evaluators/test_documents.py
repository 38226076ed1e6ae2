"""A task's items come from the hub, selected and checked."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from evaluators import documents
from evaluators.errors import Unscored
from tests.evaluators.helpers import TINY, rows, write_table

WIRE, POSTS, TWEETS = TINY.tasks


def test_an_item_is_named_by_its_place_in_the_dataset(data: Path) -> None:
    found = documents.read(TWEETS, None).items
    assert [doc["item_id"] for doc in found] == [f"tweets-{i}" for i in range(14)]
    assert found[0]["kind"] == "tweet" and found[0]["options"][1] == "neutral"


def test_splits_are_joined_in_order_and_a_quarter_held_out_as_datasets_does(data: Path) -> None:
    from datasets import Dataset, concatenate_datasets

    folder = data / "datasets" / "tiny" / "posts" / "default"
    whole = concatenate_datasets(
        [Dataset.from_parquet(str(folder / f"{s}.parquet")) for s in POSTS.splits]
    )
    wanted = whole.train_test_split(0.25, seed=42)["test"]["sentence"]
    found = documents.read(POSTS, None).items
    assert [doc["text"] for doc in found] == list(wanted)
    places = [int(doc["item_id"].removeprefix("posts-")) for doc in found]
    assert [whole[place]["sentence"] for place in places] == list(wanted)


def test_a_limit_takes_the_first_of_the_selected(data: Path) -> None:
    every = documents.read(POSTS, None)
    assert documents.read(POSTS, 3).items == every.items[:3]
    assert documents.read(POSTS, 3000).items == every.items


def test_the_pin_names_the_content(data: Path) -> None:
    before = documents.read(WIRE, None).pin
    write_table(data, "wire", "train", rows(random.Random(9), 12, "wire"))
    assert documents.read(WIRE, None).pin.revision != before.revision


def test_a_folder_source_is_asked_for_main_whatever_the_hub_needs(data: Path) -> None:
    task = TWEETS._replace(revision="refs/convert/parquet")
    assert documents.read(task, 1).pin == documents.read(TWEETS, 1).pin


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dataset": "tiny/twets"}, "did you mean 'tiny/tweets'"),
        ({"splits": ("test",)}, "unknown table 'default/test'"),
        ({"columns": ("text", "mood")}, "'mood'"),
        ({"n": 15}, "gives 14 items, 15 were wanted"),
    ],
)
def test_data_that_do_not_serve_are_a_reason(
    data: Path, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(Unscored, match=reason):
        documents.read(TWEETS._replace(**change), None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": "oil fell", "label": 7}, "row 1: label is 7"),
        ({"text": "", "label": 1}, "row 1: text is empty"),
        ({"text": None, "label": 1}, "row 1: text is None, a text was wanted"),
    ],
)
def test_a_row_that_is_no_question_is_a_reason_that_names_it(
    data: Path, row: dict[str, object], reason: str
) -> None:
    write_table(data, "tweets", "validation", [{"text": "oil rose", "label": 1}, row])
    with pytest.raises(Unscored, match=reason):
        documents.read(TWEETS, None)


def test_a_table_without_rows_is_a_reason(data: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = data / "datasets" / "tiny" / "tweets" / "default"
    schema = pa.schema([("text", pa.string()), ("label", pa.int64())])
    pq.write_table(schema.empty_table(), folder / "validation.parquet")
    with pytest.raises(Unscored, match=r"has no rows|cannot be read"):
        documents.read(TWEETS, None)
