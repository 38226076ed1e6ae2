"""The log of acts, the acts themselves, and the same from the command line."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from leaderboard import queries, services
from leaderboard.models import Attempt, AuditEvent, Batch, Board, QuotaLimit, Submission
from leaderboard.services import NotPossible, acts, audit, flags, quota
from tests.leaderboard.batch_cast import entry, finish, new_evaluator

pytestmark = pytest.mark.django_db


def test_an_event_is_neither_changed_nor_deleted(carol: Any, submit: Any) -> None:
    event = audit.note(carol, "flag", submit().submission, {"a": 1}, {"a": 2}, "Why not.")
    event.reason = "Something else."
    for write in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(reason=""),
        lambda: AuditEvent.objects.bulk_update([event], ["reason"]),
    ):
        with pytest.raises(TypeError, match="never changes"):
            write()
    assert AuditEvent.objects.get().reason == "Why not."


def test_who_acted_cannot_be_deleted_from_under_the_log(carol: Any, submit: Any) -> None:
    audit.note(carol, "flag", submit().submission)
    with pytest.raises(Exception, match="protected"):
        carol.delete()


def test_the_log_of_a_row_is_its_own_newest_first(carol: Any, submit: Any) -> None:
    one, two = submit().submission, submit(name="Another").submission
    flags.flag(carol, one, "First.")
    flags.flag(carol, two, "Not this one.")
    flags.unflag(carol, one, "Second.")
    assert [(event.action, event.reason) for event in audit.of(one)] == [
        ("unflag", "Second."), ("flag", "First."),
    ]  # fmt: skip


def test_an_act_without_its_event_did_not_happen(
    carol: Any, submit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = submit()

    def broken(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(audit, "note", broken)
    for act in (acts.cancel, acts.fail, flags.flag):
        with pytest.raises(OSError):
            act(carol, attempt.submission, "Why not.")
    with pytest.raises(OSError):
        acts.limit(carol, carol, "submissions", 1, "Why not.")
    attempt.refresh_from_db()
    assert (attempt.stage, attempt.submission.flagged_at) == ("waiting-training", None)
    assert not QuotaLimit.objects.exists()


def test_what_has_ended_is_neither_cancelled_nor_failed(alice: Any, carol: Any) -> None:
    done = entry(alice, "Done", 50)
    for act in (acts.cancel, acts.fail):
        with pytest.raises(NotPossible, match="is published; there is nothing to end"):
            act(carol, done, "Why not.")
    assert not AuditEvent.objects.exists()


def test_a_flag_asks_for_a_new_snapshot_of_both_boards(alice: Any, carol: Any) -> None:
    done = entry(alice, "Done", 50)
    services.rebuild_board("finance", "clean")
    flags.flag(carol, done, "Look closely.")
    dirty = Board.objects.filter(domain="finance", dirty=True)
    assert sorted(dirty.values_list("protocol", flat=True)) == ["clean", "official"]
    assert queries.board("finance").entries[0].flagged == "Look closely."
    flags.unflag(carol, done, "Looked.")
    with pytest.raises(NotPossible, match="is not flagged"):
        flags.unflag(carol, done, "Looked again.")


def test_a_limit_of_ones_own_counts_until_it_is_taken_away(alice: Any, carol: Any) -> None:
    acts.limit(carol, alice, "submissions", 2, "A course.")
    acts.limit(carol, alice, "submissions", 1, "A shorter one.")
    assert quota.left(alice).limit == 1
    acts.limit(carol, alice, "submissions", None, "Over.")
    assert quota.left(alice).limit != 1
    with pytest.raises(NotPossible, match="'teapots' is not counted"):
        acts.limit(carol, alice, "teapots", 1, "Why not.")
    changes = [(event.before["limit"], event.after["limit"]) for event in audit.of(alice)]
    assert changes == [(1, None), (2, 1), (None, 2)]


def test_the_command_line_acts_and_is_written_down(
    alice: Any, carol: Any, submit: Any, capsys: Any
) -> None:
    attempt = submit()
    key = attempt.submission_id
    call_command("operate", "fail", key, "--reason", "A test.")
    call_command("operate", "--as", "carol", "requeue", key, "--reason", "Passed.")
    call_command("operate", "flag", key, "--reason", "Careful.")
    call_command("operate", "limit", "alice", "submissions", "7", "--reason", "More.")
    assert "A run" in capsys.readouterr().out
    assert [(one.action, one.actor) for one in AuditEvent.objects.order_by("pk")] == [
        ("fail", None), ("requeue", carol), ("flag", None), ("limit", None),
    ]  # fmt: skip
    assert Submission.objects.get().flagged_reason == "Careful."
    assert quota.left(alice).limit == 7
    call_command("operate", "limit", "alice", "submissions", "none", "--reason", "Less.")
    assert quota.left(alice).limit != 7
    with pytest.raises(CommandError, match="There is no submission nowhere"):
        call_command("operate", "cancel", "nowhere", "--reason", "A test.")


def test_a_board_is_evaluated_again_from_the_command_line(
    alice: Any, carol: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_evaluator(monkeypatch)
    one, two = entry(alice, "One", 80), entry(alice, "Two", 50)
    call_command("reevaluate", "start", "finance", "--older-than", "2", "--reason", "Evaluator 2.")
    assert "2 queued, 0 scored already" in capsys.readouterr().out
    batch = Batch.objects.get()
    finish_two = batch.items.get(submission=two)
    Attempt.objects.filter(pk=batch.items.get(submission=one).attempt_id).update(
        stage="failed", error_code="x"
    )
    with pytest.raises(CommandError, match="1 of the batch are still being evaluated"):
        call_command("reevaluate", "flip", str(batch.pk), "--reason", "Now.")
    batch.items.exclude(pk=finish_two.pk).delete()
    finish(batch, {"Two": 20})
    call_command("reevaluate", "show", str(batch.pk))
    told = capsys.readouterr().out
    assert "1 change by more than noise, 1 change rank, 0 join, 1 would vanish" in told
    with pytest.raises(CommandError, match="1 of the board would vanish"):
        call_command("reevaluate", "flip", str(batch.pk), "--reason", "Now.")
    call_command("reevaluate", "flip", str(batch.pk), "--reason", "Now.", "--leave-out", one.pk)
    assert [(row.name, row.average) for row in queries.board("finance").entries] == [("Two", 20.0)]
    call_command("reevaluate", "list")
    assert "flipped" in capsys.readouterr().out
    with pytest.raises(CommandError, match="There is no batch 99"):
        call_command("reevaluate", "show", "99")
