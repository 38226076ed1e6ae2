"""Published results become reported entries once, with their sources and verdicts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from leaderboard.management import published
from leaderboard.models import Score, Submission

pytestmark = pytest.mark.django_db

EXAMPLE = Path(__file__).parents[2] / "docs" / "published-example.csv"
PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_results.csv"
HEAD = "source,domain,model,metric,value\n"


def write(tmp_path: Path, *lines: str, head: str = HEAD) -> str:
    file = tmp_path / "table.csv"
    file.write_text(head + "".join(f"{line}\n" for line in lines))
    return str(file)


def test_the_example_becomes_reported_entries_with_source_and_cost() -> None:
    call_command("import_published", EXAMPLE)
    finance = Submission.objects.get(domain="finance")
    assert (finance.kind, finance.trust, finance.name) == (
        "numbers", "reported", "small-7b, FedAvg, Example",
    )  # fmt: skip
    assert not finance.owner.has_usable_password()
    assert finance.declared["links"] == ["https://example.org/results/finance"]
    assert finance.declared["communication_mb"] == 1536
    assert (finance.declared["rounds"], finance.declared["clients_per_round"]) == (10, 2)
    assert finance.method == "fedavg"
    assert "Source: https://example.org/results/finance" in finance.description
    score = Score.objects.get(submission=finance)
    assert score.average == pytest.approx((0.6650 + 0.6053 + 0.7002) / 3)


def test_verdicts_are_stored_with_the_entry() -> None:
    call_command("import_published", EXAMPLE)
    medical = Submission.objects.get(domain="medical")
    messages = [finding["message"] for finding in medical.findings]
    assert any("PubMedQA 59.94 % is no share of 500 questions" in m for m in messages)
    assert "PubMedQA and MedQA are the same, 59.94 %" in messages


def test_importing_again_adds_nothing(capsys: Any) -> None:
    call_command("import_published", EXAMPLE)
    call_command("import_published", EXAMPLE)
    assert Submission.objects.count() == 2
    assert "2 entries: 0 new, 2 there, 0 changed, 0 refused" in capsys.readouterr().out


def test_a_dry_run_writes_nothing(capsys: Any, django_user_model: Any) -> None:
    call_command("import_published", EXAMPLE, "--dry-run")
    assert not Submission.objects.exists() and not django_user_model.objects.exists()
    said = capsys.readouterr().out
    assert "lines 6-9  medical: medic-8b, FedProx, Example  new" in said
    assert "is no share of 500 questions" in said


def test_numbers_that_changed_are_told_and_not_laid_over(tmp_path: Path, capsys: Any) -> None:
    call_command("import_published", write(tmp_path, "s,finance,m/x,FPB,66.5"))
    call_command("import_published", write(tmp_path, "s,finance,m/x,FPB,67.0"))
    assert Submission.objects.get().declared["scores"] == {"fpb": 66.5}
    assert "there with other numbers; withdraw that one first" in capsys.readouterr().out


def test_every_wrong_line_is_told_and_nothing_is_imported(tmp_path: Path, capsys: Any) -> None:
    table = write(
        tmp_path,
        "s,finance,m/x,FPB,66.5",
        "s,finance,m/x,FIQA,sixty",
        "s,finance,m/x,TFNS,101",
        "s,financ,m/x,TFNS,50",
        "s,finance,m/y,FPB,nan",
    )
    with pytest.raises(SystemExit) as ended:
        call_command("import_published", table)
    assert ended.value.code == 1
    assert not Submission.objects.exists()
    said = capsys.readouterr().err
    wanted = "a percentage from 0 to 100 was wanted"
    assert f"{table}:3: value: found 'sixty', {wanted}" in said
    assert f"{table}:4: value: found '101', {wanted}" in said
    assert f"{table}:5: domain: unknown domain 'financ'; did you mean 'finance'" in said
    assert f"{table}:6: value: found 'nan', {wanted}" in said


def test_what_is_no_task_of_ours_is_left_out_with_its_line(tmp_path: Path, capsys: Any) -> None:
    table = write(
        tmp_path,
        "s,finance,m/x,FPB,66.5",
        "s,finance,m/x,MT-Bench average (/10),5.5",
        "s,finance,m/y,Average,60",
    )
    call_command("import_published", table)
    assert Submission.objects.get().base_model == "m/x"
    said = capsys.readouterr().err
    assert f"{table}:3: left out: metric: 'MT-Bench average (/10)' is no task of finance" in said
    assert f"{table}:4: left out: m/y: no score of a task of ours" in said


def test_a_second_value_of_a_metric_begins_another_entry(tmp_path: Path) -> None:
    table = published.read(
        HEAD + "s,finance,m,FPB,60\ns,finance,m,FIQA,50\ns,finance,m,FPB,61\ns,finance,m,FIQA,51\n"
    )
    assert [entry.lines for entry in table.entries] == [(2, 3), (4, 5)]
    assert [dict(entry.declared.scores) for entry in table.entries] == [
        {"fpb": 60.0, "fiqa": 50.0}, {"fpb": 61.0, "fiqa": 51.0},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("source,domain,model,metric\n", "value: this column is missing"),
        ("source,domain,model,metric,value,note\n", "did you mean 'notes'"),
    ],
)
def test_columns_are_checked_first(tmp_path: Path, capsys: Any, head: str, told: str) -> None:
    with pytest.raises(SystemExit):
        call_command("import_published", write(tmp_path, "a,b,c,d,e,f", head=head))
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b""])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, capsys: Any) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises((CommandError, SystemExit)):
        call_command("import_published", file)


def test_more_entries_than_a_day_allows_are_imported(tmp_path: Path, settings: Any) -> None:
    settings.SUBMISSIONS_A_DAY = 1
    lines = [f"s,finance,m/{n},FPB,{n}" for n in range(3)]
    call_command("import_published", write(tmp_path, *lines))
    assert Submission.objects.count() == 3


def test_an_owner_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("import_published", EXAMPLE, "--owner", "nobody")


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="no published results on this machine")
def test_the_published_results_are_imported_whole(capsys: Any) -> None:
    call_command("import_published", PUBLISHED)
    assert os.linesep in capsys.readouterr().out
    assert set(Submission.objects.values_list("trust", flat=True)) == {"reported"}
    assert set(Submission.objects.values_list("domain", flat=True)) == {
        "general", "finance", "medical", "code",
    }  # fmt: skip
