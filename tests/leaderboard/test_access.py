"""Who may see a submission and who may change it: every person against every kind of visibility."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.utils import timezone

from leaderboard import access, queries, services
from leaderboard.models import Attempt, BoardEntry, Membership, Submission, Team
from tests.leaderboard.helpers import run_to_end

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "bob", "dora", "olive", "alice", "carol", "closed")
SEES = {
    "public": set(PEOPLE),
    "private": {"dora", "olive", "alice", "carol"},
    "draft": {"alice"},
}
CHANGES = {
    "public": {"olive", "alice", "carol"},
    "private": {"olive", "alice", "carol"},
    "draft": {"alice"},
}


@pytest.fixture
def people(alice: Any, bob: Any, carol: Any, django_user_model: Any) -> dict[str, Any]:
    """Dora is a member of Alice's team, Olive owns it, Carol is staff; one account is closed."""
    make = django_user_model.objects.create_user
    dora, olive, closed = make("dora"), make("olive"), make("closed", is_active=False)
    team = Team.objects.create(slug="rabbits", name="Rabbits")
    other = Team.objects.create(slug="builders", name="Builders")
    roles = ((alice, "member"), (dora, "member"), (olive, "owner"), (closed, "owner"))
    for user, role in roles:
        Membership.objects.create(team=team, user=user, role=role)
    Membership.objects.create(team=other, user=bob, role="owner")
    Membership.objects.create(team=other, user=dora)
    return {
        "anonymous": AnonymousUser(), "bob": bob, "dora": dora, "olive": olive, "alice": alice,
        "carol": carol, "closed": closed,
    }  # fmt: skip


@pytest.fixture
def made(submit: Any, people: dict[str, Any]) -> dict[str, Submission]:
    """One of each visibility, all of Alice and her team."""
    found = {}
    for visibility in SEES:
        one = submit(name=visibility).submission
        team = Team.objects.get(slug="rabbits")
        Submission.objects.filter(pk=one.pk).update(visibility=visibility, team=team)
        found[visibility] = Submission.objects.get(pk=one.pk)
    return found


@pytest.mark.parametrize("person", PEOPLE)
def test_who_sees_and_changes_what(
    made: dict[str, Submission], people: dict[str, Any], person: str
) -> None:
    user = people[person]
    for visibility, one in made.items():
        sees = person in SEES[visibility]
        assert access.may_see(user, one) == access.may_read(user, one) == sees, visibility
        assert access.may_change(user, one) == (person in CHANGES[visibility]), visibility
    expected = [key for key in SEES if person in SEES[key]]
    for rows in (
        Submission.objects.filter(access.visible(user)),
        Submission.objects.filter(access.readable(user)),
    ):
        assert sorted(rows.values_list("name", flat=True)) == sorted(expected)
    through = Attempt.objects.filter(access.visible_through(user, "submission__"))
    assert sorted(row.submission.name for row in through) == sorted(expected)


def test_nobody_is_a_passer_by(made: dict[str, Submission]) -> None:
    assert [one.name for one in Submission.objects.filter(access.visible(None))] == ["public"]
    assert not access.may_change(None, made["public"])


@pytest.mark.parametrize("person", PEOPLE)
def test_a_withdrawn_one_keeps_its_page_for_those_who_saw_it_and_nothing_behind_it(
    made: dict[str, Submission], people: dict[str, Any], person: str
) -> None:
    Submission.objects.update(withdrawn_at=timezone.now(), withdrawn_reason="A mistake.")
    user = people[person]
    assert not Submission.objects.filter(access.readable(user)).exists()
    pages = Submission.objects.filter(access.visible(user)).values_list("name", flat=True)
    assert set(pages) == {key for key in SEES if person in SEES[key]}
    for one in Submission.objects.all():
        assert not access.may_read(user, one)


def test_a_row_comes_once_however_many_teams_its_reader_is_in(
    made: dict[str, Submission], people: dict[str, Any]
) -> None:
    rows = Submission.objects.filter(access.visible(people["dora"]))
    assert rows.count() == len(set(rows)) == 2


def test_every_read_of_a_private_run_is_refused_to_bob_and_answered_to_dora(
    made: dict[str, Submission], people: dict[str, Any]
) -> None:
    key = made["private"].pk
    reads = (
        lambda user: queries.run(key, user),
        lambda user: queries.standing(key, user),
        lambda user: queries.clients(key, {}, user),
    )
    for read in reads:
        assert read(people["dora"])
        for stranger in (None, people["anonymous"], people["bob"], people["closed"]):
            with pytest.raises(ObjectDoesNotExist):
                read(stranger)


def test_lists_and_counts_show_strangers_public_ones_only(
    made: dict[str, Submission], people: dict[str, Any]
) -> None:
    assert [one.name for one in queries.submissions()] == ["public"]
    assert queries.board("finance").running == 1
    own = {one.name for one in queries.submissions(people["alice"])}
    assert own == {"public", "private", "draft"}
    assert [one.name for one in queries.drafts(people["alice"])] == ["draft"]
    assert queries.drafts(people["anonymous"]) == queries.drafts(people["bob"]) == []


def test_a_private_one_is_evaluated_but_on_no_board_until_it_is_published(
    submit: Any, alice: Any, bob: Any
) -> None:
    attempt = submit(name="Hidden")
    private = attempt.submission
    Submission.objects.filter(pk=private.pk).update(visibility="private")
    run_to_end(attempt)
    services.rebuild_board("finance", "clean")
    assert queries.board("finance").entries == ()
    private.refresh_from_db()
    with pytest.raises(PermissionDenied):
        services.visibility.publish(bob, private)
    services.visibility.publish(alice, private)
    services.rebuild_board("finance", "clean")
    assert [row.name for row in queries.board("finance").entries] == ["Hidden"]
    assert private.published_at is not None
    with pytest.raises(services.NotPossible, match="is public"):
        services.visibility.publish(alice, private)


def test_a_withdrawn_one_leaves_the_board_at_once_and_for_good(submit: Any, alice: Any) -> None:
    attempt = submit(name="Gone")
    run_to_end(attempt)
    services.rebuild_board("finance", "clean")
    assert [row.name for row in queries.board("finance").entries] == ["Gone"]
    services.visibility.withdraw(alice, attempt.submission, " Trained on the test. ")
    assert queries.board("finance").entries == ()
    assert not BoardEntry.objects.filter(submission=attempt.submission).exists()
    assert services.rebuild_board("finance", "clean")
    assert queries.board("finance").entries == ()
    page = queries.standing(attempt.submission_id, None)
    assert page.withdrawn_reason == "Trained on the test."
    with pytest.raises(services.NotPossible, match="already"):
        services.visibility.withdraw(alice, attempt.submission, "Again")


def test_withdrawing_ends_a_run_and_wants_a_reason(submit: Any, alice: Any, bob: Any) -> None:
    attempt = submit()
    for reason in ("", "  ", "x" * 1001):
        with pytest.raises(services.NotPossible, match="1 to 1,000 are wanted"):
            services.visibility.withdraw(alice, attempt.submission, reason)
    with pytest.raises(PermissionDenied):
        services.visibility.withdraw(bob, attempt.submission, "Envy.")
    services.visibility.withdraw(alice, attempt.submission, "A mistake.")
    attempt.refresh_from_db()
    assert attempt.stage == "cancelled"


def test_a_draft_runs_once_it_is_handed_in_and_uses_quota_only_then(
    submit: Any, alice: Any, settings: Any
) -> None:
    draft = submit().submission
    draft.attempts.all().delete()
    Submission.objects.filter(pk=draft.pk).update(visibility="draft")
    draft.refresh_from_db()
    settings.SUBMISSIONS_A_DAY = 0
    with pytest.raises(services.NotPossible, match="0 of 0"):
        services.visibility.hand_in_draft(alice, draft)
    draft.refresh_from_db()
    assert (draft.visibility, draft.attempts.count()) == ("draft", 0)
    settings.SUBMISSIONS_A_DAY = 1
    services.visibility.hand_in_draft(alice, draft)
    assert (draft.visibility, draft.attempts.get().stage) == ("private", "waiting-training")
    with pytest.raises(services.NotPossible, match="is private"):
        services.visibility.hand_in_draft(alice, draft)
