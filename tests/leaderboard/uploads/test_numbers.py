"""Verdicts on typed numbers; the rows are those of the platform study, section 1.13."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from federated.reading import Problem
from leaderboard.uploads.contract import Declared
from leaderboard.uploads.numbers import look_numbers

PUBLISHED = Path(__file__).parents[4] / "shared" / "reference" / "published_results.csv"
MEDICAL = ("pubmedqa", "medmcqa", "medqa", "careqa")


def look(domain: str = "medical", **values: Any) -> Any:
    return look_numbers(Declared(name="A row", domain=domain, **values))


def medical(*values: float, **more: Any) -> tuple[Problem, ...]:
    return look(scores=dict(zip(MEDICAL, values, strict=True)), **more).warnings


def not_shares(warnings: tuple[Problem, ...]) -> set[str]:
    return {w.place.removeprefix("scores.") for w in warnings if "is no share of" in w.message}


def said(warnings: tuple[Problem, ...]) -> str:
    return "\n".join(map(str, warnings))


def test_a_plausible_row_is_met_without_a_word() -> None:
    found = look(scores=dict(zip(MEDICAL, (70.4, 60.93, 65.82, 55.36), strict=True)))
    assert (found.kind, found.domain, found.problems, found.warnings) == (
        "numbers", "medical", (), (),
    )  # fmt: skip


def test_an_impossible_share_is_told_with_the_counts_beside_it() -> None:
    warnings = medical(65.8, 60.34, 60.31, 53.67)
    assert str(warnings[0]) == (
        "scores.medqa: MedQA 60.31 % is no share of 1,273 questions: 767 right are 60.251 %, "
        "768 right are 60.330 % (1,273 questions can print 19.1% of such values)"
    )


def test_row_5_becomes_possible_with_two_columns_exchanged() -> None:
    warnings = medical(65.8, 68.34, 60.31, 53.67)
    assert not_shares(warnings) == {"medqa"}
    assert "with MedMCQA and MedQA exchanged every value would be possible" in said(warnings)


def test_row_6_repeats_a_value_and_its_first_is_impossible() -> None:
    warnings = medical(59.94, 69.4, 59.94, 57.74)
    assert not_shares(warnings) == {"pubmedqa"}
    assert "PubMedQA and MedQA are the same, 59.94 %" in said(warnings)


def test_row_10_is_impossible_in_three_columns() -> None:
    warnings = medical(65.15, 56.8, 65.15, 55.46)
    assert not_shares(warnings) == {"pubmedqa", "medqa", "careqa"}
    assert "PubMedQA and MedQA are the same, 65.15 %" in said(warnings)


def test_row_16_has_one_decimal_throughout() -> None:
    warnings = medical(58.6, 27.5, 30.3, 40.8)
    assert not_shares(warnings) == {"medmcqa", "medqa", "careqa"}
    assert "MedMCQA, MedQA and CareQA have one decimal at most" in said(warnings)
    assert "exchanged" not in said(warnings)


def test_an_average_that_is_not_the_mean_is_told() -> None:
    scores = dict(zip(MEDICAL, (70.4, 60.93, 65.82, 55.36), strict=True))
    assert look(scores={**scores, "average": 63.12}).warnings == ()
    assert look(scores={**scores, "average": 63.13}).warnings == ()
    (warning,) = look(scores={**scores, "average": 64.0}).warnings
    assert warning.place == "scores.average"
    assert "given as 64.00 %, the mean of the tasks is 63.1275 %" in warning.message


def test_a_part_of_the_tasks_is_accepted_as_what_it_is() -> None:
    found = look(scores={"pubmedqa": 70.4, "average": 70.4})
    assert found.problems == ()
    assert [w.message for w in found.warnings] == [
        "1 of 4 tasks are given; MedMCQA, MedQA and CareQA missing"
    ]


def test_a_cost_off_its_closed_form_is_told() -> None:
    run = {"rounds": 200, "clients_per_round": 2, "trained_parameters": 13_631_488}
    row = (70.4, 60.93, 65.82, 55.36)
    assert medical(*row, communication_mb=41_676.8, **run) == ()
    (half,) = medical(*row, communication_mb=20_800, **run)
    assert half.place == "communication_mb"
    assert "are 41,600.0 MB" in half.message and "one direction alone" in half.hint
    (more,) = medical(*row, communication_mb=124_800, **run)
    assert more.hint == "3 times as much"


def test_a_cost_is_not_judged_without_what_it_follows_from() -> None:
    assert medical(70.4, 60.93, 65.82, 55.36, communication_mb=1.0, rounds=10) == ()


def test_unknown_tasks_and_a_missing_domain_are_refused_together_with_hints() -> None:
    places = [p.place for p in look(scores={"pubmed": 1.0, "medqa2": 2.0}).problems]
    assert places == ["scores", "scores.pubmed", "scores.medqa2"]
    assert "did you mean 'pubmedqa'" in look(scores={"pubmed": 1.0}).problems[1].message
    assert look("").problems[0].place == "domain"
    assert "did you mean 'medical'" in look("medicale").problems[0].message


def test_no_score_at_all_is_refused() -> None:
    (problem,) = look().problems
    assert problem.message == "no score of a task was found"


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="no published results on this machine")
def test_of_the_published_medical_rows_exactly_five_cannot_be_shares() -> None:
    rows: dict[str, dict[str, float]] = {}
    with PUBLISHED.open(newline="") as file:
        for row in csv.DictReader(file):
            if "llm-leaderboard/medical/" in row["source"] and row["value"]:
                rank = row["notes"].partition(";")[0]
                rows.setdefault(rank, {})[row["metric"].lower()] = float(row["value"])
    flagged = {rank: not_shares(look(scores=scores).warnings) for rank, scores in rows.items()}
    assert len(flagged) == 16
    assert {rank: keys for rank, keys in flagged.items() if keys} == {
        "rank 5": {"medqa"},
        "rank 6": {"pubmedqa"},
        "rank 10": {"pubmedqa", "medqa", "careqa"},
        "rank 12": {"medqa"},
        "rank 16": {"medmcqa", "medqa", "careqa"},
    }
