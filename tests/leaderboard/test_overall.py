"""The overall boards: lines over all domains."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leaderboard import overall, queries, services
from leaderboard.domains import DOMAINS
from leaderboard.management.commands.demo import complete
from leaderboard.models import Board
from leaderboard.services.boards import axis
from tests.leaderboard.scored import right, scored

pytestmark = pytest.mark.django_db

PAIR = ("finance", "medical")


@pytest.fixture(autouse=True)
def two_domains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two real domains and two practice ones, whatever the project has."""
    practice = DOMAINS["finance-mini"]
    found = {
        "finance": DOMAINS["finance"]._replace(title="Finance"),
        "medical": DOMAINS["finance"]._replace(key="medical", title="Medical"),
        "finance-mini": practice,
        "medical-mini": practice._replace(key="medical-mini", title="Medical, practice data"),
    }
    monkeypatch.setattr(overall, "DOMAINS", found)


def page() -> Any:
    for domain in PAIR:
        services.rebuild_board(domain, "clean")
    services.rebuild_board("overall", "clean")
    return queries.board("overall")


def line(owner: Any, name: str, finance: int | None, medical: int | None, **changes: Any) -> None:
    """One owner's submissions to both domains, so many of a hundred questions right."""
    for domain, count in (("finance", finance), ("medical", medical)):
        if count is not None:
            scored(owner, name, {"t": right(count)}, domain=domain, **changes)


def names(board: Any) -> list[tuple[str, Any]]:
    return [(row.name, row.rank) for row in board.entries]


def test_a_line_scores_the_mean_of_its_domains_above_chance(alice: Any) -> None:
    line(alice, "Mine", 70, 55)
    row = page().entries[0]
    # (0.70 - 0.25) / 0.75 = 0.60 and (0.55 - 0.25) / 0.75 = 0.40
    assert [cell.accuracy for cell in row.tasks] == pytest.approx([60, 40])
    assert row.average == row.corrected == pytest.approx(50)
    variances = (0.7 * 0.3 / 100, 0.55 * 0.45 / 100)
    stderr = math.sqrt(sum(variances)) / 0.75 / 2
    assert row.high - row.average == pytest.approx(100 * 1.959964 * stderr, rel=1e-6)
    assert row.tasks[0].high - 60 == pytest.approx(196 * math.sqrt(variances[0]) / 0.75, rel=1e-3)
    assert (row.gigabytes, row.seconds, row.rounds) == (2.0, 120.0, None)


def test_every_domain_of_a_line_leads_to_its_own_submission(alice: Any) -> None:
    line(alice, "Mine", 70, 55)
    cells = page().entries[0].tasks
    assert [cell.title for cell in cells] == ["Finance", "Medical"]
    for cell in cells:
        assert queries.run(cell.submission_id).domain == cell.key


def test_only_complete_lines_are_ranked_and_the_others_say_what_they_lack(alice: Any) -> None:
    line(alice, "Whole", 40, 40)
    line(alice, "Half", 90, None)
    line(alice, "Other half", None, 90)
    scored(alice, "Failed half", {"t": right(50)}, domain="finance")
    scored(alice, "Failed half", None, domain="medical")
    board = page()
    assert names(board) == [
        ("Whole", 1), ("Half", None), ("Other half", None), ("Failed half", None),
    ]  # fmt: skip
    assert [row.unscored for row in board.entries[1:]] == [
        "Medical is missing", "Finance is missing", "Medical is missing",
    ]  # fmt: skip
    assert board.entries[1].tasks[1].unscored == "Not submitted"


@pytest.mark.parametrize(
    "differs", [{"method": "fedprox"}, {"name": "Another"}, {"owner": "bob"}, {"model": "x/y"}]
)
def test_a_line_is_one_owner_one_name_one_method_and_one_model(
    alice: Any, bob: Any, differs: dict[str, str]
) -> None:
    from leaderboard.models import Submission

    scored(alice, "Mine", {"t": right(50)}, domain="finance")
    owner = bob if "owner" in differs else alice
    other = scored(
        owner, differs.get("name", "Mine"), {"t": right(50)}, domain="medical",
        method=differs.get("method", "fedavg"),
    )  # fmt: skip
    Submission.objects.filter(pk=other.pk, name="Mine").update(
        base_model=differs.get("model", "tiny/llama")
    )
    assert [row.rank for row in page().entries] == [None, None]


def test_of_several_in_a_domain_the_best_counts_and_of_equals_the_newest(alice: Any) -> None:
    line(alice, "Mine", 50, 50)
    scored(alice, "Mine", {"t": right(60)}, domain="finance")
    newest = scored(alice, "Mine", {"t": right(60)}, domain="finance")
    scored(alice, "Mine", {"t": right(30)}, domain="finance")
    (row,) = page().entries
    assert row.tasks[0].submission_id == newest.pk
    assert row.tasks[0].accuracy == pytest.approx(100 * (0.6 - 0.25) / 0.75)


def test_lines_have_points_rank_intervals_and_groups(alice: Any) -> None:
    line(alice, "Best", 80, 60)
    line(alice, "Close", 78, 60)
    line(alice, "Far", 40, 61)
    board = page()
    assert [(row.name, row.rank_low, row.rank_high, row.tier) for row in board.entries] == [
        ("Best", 1, 2, 1), ("Close", 1, 2, 1), ("Far", 3, 3, 2),
    ]  # fmt: skip
    # Finance: 2, 1, 0. Medical: Far beats both, the other two share a point.
    assert [row.borda for row in board.entries] == [2.5, 1.5, 2.0]
    assert (board.pairs, board.paired) == (3, 3)


def test_controls_of_all_domains_make_control_lines(alice: Any) -> None:
    line(alice, "Mine", 70, 70)
    line(alice, "Untuned", 25, 20, method="untuned")
    board = page()
    assert names(board) == [("Mine", 1)]
    (control,) = board.controls
    assert (control.name, control.rank, control.borda) == ("Untuned", None, None)
    assert control.average == pytest.approx(100 * (0 - 0.05 / 0.75) / 2)
    assert board.axis[0] < control.low < 0, "below chance is on the axis"
    assert board.entries[0].borda == 0.0, "a control takes and gives no points"


def test_a_domain_that_is_rebuilt_makes_its_overall_board_dirty(alice: Any) -> None:
    scored(alice, "Mine", {"t": right(50)}, domain="finance")
    assert not Board.objects.filter(domain="overall").exists()
    services.rebuild_board("finance", "clean")
    assert Board.objects.get(domain="overall", protocol="clean").dirty
    assert not Board.objects.filter(domain="overall-mini").exists()
    assert services.rebuild_board("overall", "clean")
    assert not services.rebuild_board("overall", "clean"), "it does not make itself dirty"


def test_the_rank_on_a_submissions_page_is_its_own_boards(alice: Any) -> None:
    line(alice, "Best of one", 90, 20)
    line(alice, "Best overall", 80, 80)
    page()
    first = queries.board("finance").entries[0]
    assert (first.name, queries.run(first.submission_id).rank) == ("Best of one", 1)


def test_a_score_of_another_evaluator_than_its_boards_is_left_out(alice: Any) -> None:
    line(alice, "Mine", 50, 50)
    line(alice, "Also mine", 50, 50)
    scored(alice, "Newer", {"t": right(90)}, evaluator_version="2")
    assert names(page()) == [("Mine", 1), ("Also mine", 1)]


def test_the_landing_page_shows_who_leads_overall(alice: Any) -> None:
    line(alice, "Mine", 70, 55)
    page()
    cards = {card.domain: card for card in queries.overall_cards()}
    assert (cards["overall"].leader.name, cards["overall"].entries) == ("Mine", 1)
    assert cards["overall"].overall and cards["overall-mini"].leader is None
    assert not any(card.domain.startswith("overall") for card in queries.landing())


def test_building_and_reading_take_as_many_queries_for_fifty_lines_as_for_one(alice: Any) -> None:
    def count(action: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            action()
        # Entries are written in as many statements as the database needs for their size.
        return sum(query["sql"].startswith("SELECT") for query in captured)

    def rebuild() -> int:
        for domain in PAIR:
            services.rebuild_board(domain, "clean")
        return count(lambda: services.rebuild_board("overall", "clean"))

    line(alice, "Run", 40, 40)
    rebuild()
    line(alice, "Run", 41, 41)
    few = rebuild()
    read = count(lambda: queries.board("overall"))
    for number in range(49):
        line(alice, f"Run {number}", 30 + number, 40)
    assert rebuild() == few
    assert count(lambda: queries.board("overall")) == read == 2
    assert count(queries.overall_cards) == 2


def test_the_terminal_shows_lines_their_ranks_and_what_is_missing(alice: Any) -> None:
    line(alice, "Mine", 70, 55)
    line(alice, "Yours", 68, 55)
    line(alice, "Half", 90, None)
    page()
    out = io.StringIO()
    call_command("board", "overall", stdout=out)
    text = out.getvalue()
    head = next(text for text in text.splitlines() if text.strip().startswith("Rank"))
    assert head.split("  ")[-1] and "Finance" in head and "Borda" in head and "Average" not in head
    assert "1 (1-2)  Mine" in text and "2 (1-2)  Yours" in text
    assert "Half: Medical is missing" in text
    assert "1 paired z-tests on shared items, corrected by Holm's method" in text


def test_the_demo_shows_an_overall_board_when_all_its_domains_ran() -> None:
    assert complete(["finance-mini", "medical-mini"]) == ["overall-mini"]
    assert complete(["finance-mini"]) == complete([]) == []
    assert complete(["medical", "finance", "finance-mini"]) == ["overall"]


def test_an_axis_may_reach_below_chance_where_it_is_asked_to() -> None:
    from leaderboard.models import BoardEntry

    entries = [BoardEntry(low=-8.0, average=-3.0, high=2.0)]
    assert axis(entries, lowest=-100.0) == (-10.0, 5.0)
    assert axis(entries) == (0.0, 5.0)


def test_no_domain_takes_an_overall_boards_name() -> None:
    assert not set(overall.OVERALLS) & set(DOMAINS)
    assert overall.subject_of("nowhere") is None and overall.overall_of("overall") is None
    with pytest.raises(KeyError):
        queries.board("nowhere")
