"""Re-evaluation: the board changes in one step and loses nobody on the way."""

from __future__ import annotations

from typing import Any

import pytest

from leaderboard import queries, services
from leaderboard.models import Attempt, AuditEvent, Batch, Board, Score, Submission
from leaderboard.services import NotPossible, batches, choosing
from leaderboard.services.entries import Version
from tests.leaderboard.batch_cast import begin, entry, finish, new_evaluator, score, shown
from tests.leaderboard.helpers import run_to_end
from tests.leaderboard.scored import right, scored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evaluator_2(monkeypatch: pytest.MonkeyPatch) -> None:
    new_evaluator(monkeypatch)


def test_a_whole_board_is_scored_again_by_the_engine_and_flips_at_the_end(
    alice: Any, carol: Any
) -> None:
    entry(alice, "One", 60, "version=2 score=0.3")
    entry(alice, "Two", 50, "version=2 score=0.9")
    before = shown()
    batch = begin(carol)
    for item in batch.items.all():
        assert run_to_end(item.attempt).stage == "published"
        assert shown() == before, "nothing moves while members are scored"
    assert Score.objects.filter(evaluator_version="2", protocol="official").count() == 2
    batches.flip(carol, batch, "Complete.")
    assert shown() == [("Two", 90.0), ("One", 30.0)]
    assert shown("official") == [("Two", 90.0), ("One", 30.0)]
    assert queries.board("finance").evaluator_version == "2"
    assert Score.objects.filter(evaluator_version="1").count() == 2, "the old ones stay"


def test_nothing_is_trained_again(alice: Any, carol: Any) -> None:
    submission = entry(alice, "One", 60)
    old = submission.attempts.get()
    new = begin(carol).items.get().attempt
    assert (new.stage, new.adapter, new.number) == ("waiting-evaluation", old.adapter, 2)


def test_a_flip_is_refused_while_a_member_is_being_evaluated(alice: Any, carol: Any) -> None:
    entry(alice, "One", 60)
    batch = begin(carol)
    with pytest.raises(NotPossible, match="1 of the batch are still being evaluated"):
        batches.flip(carol, batch, "Too early.")
    assert shown() == [("One", 60.0)]


def test_a_flip_is_refused_while_an_entry_would_vanish_and_names_it(alice: Any, carol: Any) -> None:
    entry(alice, "One", 60)
    two = entry(alice, "Two", 50)
    batch = batches.start(carol, "finance", choosing.named("finance", [two.pk]), "Only one.").batch
    finish(batch, {"Two": 70})
    with pytest.raises(NotPossible, match=r"1 of the board would vanish.*One"):
        batches.flip(carol, batch, "Incomplete.")
    assert shown() == [("One", 60.0), ("Two", 50.0)]


def test_what_is_left_out_by_name_leaves_the_board_and_its_history_says_why(
    alice: Any, carol: Any
) -> None:
    one, two = entry(alice, "One", 60, "fail=broken"), entry(alice, "Two", 50)
    batch = begin(carol)
    for item in batch.items.all():
        run_to_end(item.attempt)
    batches.flip(carol, batch, "One cannot be loaded any more.", [one.pk])
    assert shown() == [("Two", 50.0)]
    (flip,) = queries.history(one.pk).flips
    assert flip.left_out and flip.reason == "One cannot be loaded any more."
    (flip,) = queries.history(two.pk).flips
    assert (flip.old, flip.new, flip.left_out) == (50.0, 50.0, False)
    assert one.attempts.get(current=True).stage == "published", "its page shows its scores again"


def test_a_failed_member_can_be_retried(alice: Any, carol: Any) -> None:
    one = entry(alice, "One", 60, "fail=broken")
    batch = begin(carol)
    first = batch.items.get().attempt
    assert run_to_end(first).stage == "failed"
    batches.settle()
    assert Batch.objects.get().state == "ready"
    batches.retry(carol, batch, one.pk, "The disk is back.")
    again = batch.items.get().attempt
    assert (again.number, again.stage) == (3, "waiting-evaluation")
    assert Batch.objects.get().state == "running"
    finish(batch, {"One": 61})
    with pytest.raises(NotPossible, match="has its new scores"):
        batches.retry(carol, batch, one.pk, "Once more.")


def test_who_is_handed_in_meanwhile_waits_for_the_flip_and_joins(
    alice: Any, bob: Any, carol: Any
) -> None:
    entry(alice, "One", 60)
    assert shown() == [("One", 60.0)]
    batch = begin(carol)
    late = scored(bob, "Late", {"fpb": right(80)}, evaluator_version="2")
    assert shown() == [("One", 60.0)]
    found = queries.history(late.pk)
    assert (found.ahead, found.board_version) == ("2", "1")
    finish(batch, {"One": 62})
    batches.flip(carol, batch, "Complete.")
    assert shown() == [("Late", 80.0), ("One", 62.0)]
    assert queries.history(late.pk).ahead == ""


def test_dropping_ends_what_runs_and_changes_no_board(alice: Any, carol: Any) -> None:
    one = entry(alice, "One", 60)
    entry(alice, "Two", 50)
    batch = begin(carol)
    score(one, 90, "2")
    batches.drop(carol, batch, "A mistake.")
    assert shown() == [("One", 60.0), ("Two", 50.0)]
    assert not Attempt.objects.filter(stage="waiting-evaluation").exists()
    assert [scored.evaluator_version for scored in queries.history(one.pk).scored] == ["2", "1"]
    assert set(Attempt.objects.filter(current=True).values_list("stage", flat=True)) == {
        "published"
    }
    with pytest.raises(NotPossible, match="is dropped"):
        batches.flip(carol, batch, "After all.")


def test_a_flip_that_fails_half_way_changes_nothing(
    alice: Any, carol: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry(alice, "One", 60)
    before = shown()
    batch = begin(carol)
    finish(batch, {"One": 90})

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("leaderboard.services.audit.note", broken)
    with pytest.raises(OSError):
        batches.flip(carol, batch, "Complete.")
    assert queries.board("finance").evaluator_version == "1"
    assert [(row.name, row.average) for row in queries.board("finance").entries] == before
    assert Batch.objects.get().state != "flipped"


def test_a_second_choice_joins_the_open_batch_and_only_who_lacks_a_score_runs(
    alice: Any, carol: Any
) -> None:
    one = entry(alice, "One", 60)
    batch = batches.start(carol, "finance", choosing.named("finance", [one.pk]), "First.").batch
    finish(batch, {"One": 61})
    entry(alice, "Two", 50)
    again = batches.start(carol, "finance", choosing.on_board("finance"), "The rest.")
    assert (again.batch, again.queued, again.scored) == (batch, 1, 1)


def test_an_open_batch_of_another_version_is_in_the_way(
    alice: Any, carol: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry(alice, "One", 60)
    begin(carol)
    monkeypatch.setattr(batches, "target_of", lambda domain: Version("1", "3"))
    with pytest.raises(NotPossible, match="open for evaluator 2; flip or drop it"):
        begin(carol)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_nobody_acts_without_a_reason(alice: Any, carol: Any, reason: str) -> None:
    entry(alice, "One", 60)
    with pytest.raises(NotPossible, match="A reason of"):
        begin(carol, reason)
    batch = begin(carol)
    finish(batch, {"One": 61})
    for act in (batches.flip, batches.drop):
        with pytest.raises(NotPossible, match="A reason of"):
            act(carol, batch, reason)
    assert Batch.objects.get().state == "running"


@pytest.mark.parametrize(
    ("version", "names"),
    [("1", []), ("2", ["Old"]), ("10", ["Old", "Both", "New"]), ("9" * 5000, [])],
)
def test_older_than_means_by_number_and_by_the_newest_score(
    alice: Any, version: str, names: list[str]
) -> None:
    entry(alice, "Old", 60)
    score(entry(alice, "Both", 60), 60, "2")
    score(entry(alice, "New", 60), 60, "9")
    found = choosing.older_than("finance", version)
    assert sorted(one.name for one in found) == sorted(names)


def test_unknown_ids_and_boards_are_refused(alice: Any) -> None:
    with pytest.raises(NotPossible, match="There is no submission nowhere"):
        choosing.named("finance", ["nowhere"])


def test_reported_numbers_are_not_evaluated_and_stay_through_a_flip(alice: Any, carol: Any) -> None:
    entry(alice, "One", 60)
    told = scored(alice, "Told", {"fpb": right(99)}, evaluator_version="reported")
    Submission.objects.filter(pk=told.pk).update(kind="numbers", trust="reported")
    assert ("Told", 99.0) in shown()
    batch = begin(carol)
    assert [item.submission.name for item in batch.items.all()] == ["One"]
    finish(batch, {"One": 61})
    batches.flip(carol, batch, "Complete.")
    assert ("Told", 99.0) in shown()


def test_a_withdrawn_entry_is_in_nobodys_way(alice: Any, carol: Any) -> None:
    entry(alice, "One", 60)
    two = entry(alice, "Two", 50, "fail=broken")
    batch = begin(carol)
    services.visibility.withdraw(alice, two, "Wrong data.")
    for item in batch.items.all():
        run_to_end(item.attempt)
    batches.flip(carol, batch, "Complete.")
    assert [name for name, _ in shown()] == ["One"]


def test_the_overall_board_follows_a_flip(alice: Any, carol: Any) -> None:
    entry(alice, "One", 60)
    shown()
    services.rebuild_board("overall", "clean")
    batch = begin(carol)
    finish(batch, {"One": 90})
    shown()
    services.rebuild_board("overall", "clean")
    batches.flip(carol, batch, "Complete.")
    assert Board.objects.get(domain="overall", protocol="clean").dirty


def test_every_step_is_in_the_log_with_who_and_why(alice: Any, carol: Any) -> None:
    entry(alice, "One", 60)
    shown()
    batch = begin(carol)
    finish(batch, {"One": 61})
    batches.flip(carol, batch, "Complete.")
    events = AuditEvent.objects.filter(object_type="batch").order_by("pk")
    assert [(event.action, event.actor, event.reason) for event in events] == [
        ("start", carol, "Evaluator 2 reads answers better."), ("flip", carol, "Complete."),
    ]  # fmt: skip
    flip = events.last()
    assert flip is not None
    assert flip.before == {"versions": {"clean": ["1", "1"], "official": ["", ""]}}
    assert flip.after == {
        "versions": {"clean": ["1", "2"], "official": ["1", "2"]}, "left_out": [],
    }  # fmt: skip


def test_a_failed_re_evaluation_requeued_is_not_trained_again(alice: Any, carol: Any) -> None:
    one = entry(alice, "One", 60, "fail=broken")
    batch = begin(carol)
    run_to_end(batch.items.get().attempt)
    again = services.requeue(one)
    assert (again.stage, again.number) == ("waiting-evaluation", 3)
