"""What kind of row each row is."""

from __future__ import annotations

import pytest
from datasets import Dataset

from federated.domains import CODE, DOMAINS, FINANCE, GENERAL, MEDICAL
from federated.errors import BadData
from federated.partition import MOST_LABELS, OTHER, labels
from federated.partition.kinds import every_label


def rows(*instructions: str) -> Dataset:
    return Dataset.from_dict(
        {"instruction": list(instructions), "input": ["What are the"] * len(instructions)}
    )


def test_a_kind_of_row_may_be_how_it_begins() -> None:
    table = rows("Write a poem.", "write: code", "Explain tides")
    assert labels(table, GENERAL) == labels(table, CODE) == ["write", "write", "explain"]
    assert labels(table, MEDICAL) == ["what are"] * 3


def test_rare_kinds_are_one_kind_unless_all_are_asked_for() -> None:
    common = [f"verb{i} it" for i in range(MOST_LABELS)] * 2
    table = rows(*common, "rare it", "odd it")
    found = labels(table, GENERAL)
    assert found[-2:] == [OTHER, OTHER] and len(set(found)) == MOST_LABELS + 1
    assert every_label(table, GENERAL)[-2:] == ["rare", "odd"]


def test_an_absent_cell_is_an_empty_text() -> None:
    assert labels(Dataset.from_dict({"output": ["good", None, None]}), FINANCE) == ["good", "", ""]
    assert labels(Dataset.from_dict({"output": [None]}), FINANCE) == [""]


def test_a_column_that_is_not_text_is_refused_by_name() -> None:
    table = Dataset.from_dict({"output": [["good"], ["bad"]]})
    with pytest.raises(BadData, match=r"the column 'output' holds list<.*>, text was wanted"):
        labels(table, FINANCE)


def test_every_domain_says_what_its_label_is() -> None:
    assert all(domain.label_words.startswith("the ") for domain in DOMAINS.values())
    assert GENERAL.label_words == "the instruction's first word"
