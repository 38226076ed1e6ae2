"""Reading what an engine wrote of its clients: whole files, broken ones, and any bytes at all."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.clients import profiles, tables
from leaderboard.clients.profiles import parse
from leaderboard.clients.sums import summarise
from tests.leaderboard.client_cast import SMALL, client_line, lines, round_line

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)
VALUES = JSON | st.sampled_from([1, 0, "train", "client", "round", 10**400])


def test_rounds_hold_their_turns_in_the_order_of_the_file() -> None:
    found = parse(SMALL)
    assert found.problems == ()
    assert [one.key for one in found.rounds] == ["1", "2"]
    assert [turn.client for turn in found.rounds[0].turns] == [0, 1, 2]
    assert [turn.failed for turn in found.rounds[0].turns] == [False, False, True]
    assert found.rounds[1].turns[1].stolen
    assert found.rounds[0].turns[0].bytes == 2 * 2**20


def test_of_a_round_seen_twice_the_later_lines_count() -> None:
    again = lines(client_line(1, 7, seconds=3.0), round_line(1, makespan=9.0))
    (first, second) = parse(SMALL + again).rounds
    assert (first.makespan, [turn.client for turn in first.turns]) == (9.0, [7])
    assert len(second.turns) == 2


def test_a_turn_that_was_written_before_a_kill_counts_once() -> None:
    before = lines(client_line(1, 0, seconds=5.0), client_line(1, 1))
    after = lines(client_line(1, 0, seconds=2.0), client_line(1, 0, attempt=2), round_line(1))
    (only,) = parse(before + after).rounds
    found = [(turn.client, turn.attempt, turn.seconds) for turn in only.turns]
    assert found == [(0, 1, 2.0), (1, 1, 2.0), (0, 2, 2.0)]


def test_training_and_evaluation_of_one_round_stand_apart() -> None:
    both = lines(
        *(round_line(1, kind="evaluate"), client_line(1, 4)),
        *(round_line(1), round_line(10), round_line(2)),
    )
    found = parse(both).rounds
    assert [one.key for one in found] == ["1", "1-evaluate", "2", "10"]
    assert [one.title for one in found[:2]] == ["Round 1", "Round 1, evaluation"]
    assert [len(one.turns) for one in found] == [1, 0, 0, 0]


def test_a_kind_that_nobody_foresaw_is_shown_by_its_name() -> None:
    (found,) = parse(lines(client_line(1, 0, kind="query"), round_line(1, kind="query"))).rounds
    assert (found.key, found.title, len(found.turns)) == ("1-query", "Round 1, query", 1)


def test_a_start_just_before_the_round_is_its_beginning() -> None:
    found = parse(lines(client_line(1, 0, start=-0.02), client_line(1, 1, start=-9), round_line(1)))
    assert [turn.start for turn in found.rounds[0].turns] == [0.0]
    assert found.problems


def test_a_cut_line_is_left_out_and_said_to_be() -> None:
    found = parse(SMALL + b'{"event": "client", "rou')
    assert len(found.rounds) == 2
    assert found.problems == ("1 line of the file could not be read and is left out.",)


def test_a_round_without_an_end_is_left_out_and_named() -> None:
    found = parse(SMALL + lines(client_line(3, 0)))
    assert [one.number for one in found.rounds] == [1, 2]
    assert found.problems == ("Rounds without an end are left out: 3.",)


@pytest.mark.parametrize(
    "line",
    [
        client_line(1, 0, seconds=None),
        client_line(1, 0, seconds=-1),
        client_line(1, 0, start=float("nan")),
        client_line(1, 0, worker=10**9),
        client_line(1, 0, kind="<b>"),
        round_line(1, seconds=None, makespan="long"),
        {"round": 1},
    ],
)
def test_a_line_without_what_it_needs_is_not_read(line: Any) -> None:
    found = parse(SMALL + lines(line))
    assert found.problems == ("1 line of the file could not be read and is left out.",)
    assert found.rounds == parse(SMALL).rounds


def test_what_is_new_in_a_later_format_is_passed_over() -> None:
    later = lines(client_line(3, 0, colour="red"), {"event": "weather"}, round_line(3, mood=1))
    found = parse(SMALL + later)
    assert found.problems == () and len(found.rounds) == 3


def test_numbers_that_make_no_sense_are_unknown() -> None:
    odd = lines(
        client_line(1, 0, tokens=-5, examples=1.5, peak_memory=10**400, cpu_seconds=True),
        round_line(1, idle=7, bound=float("inf"), utilisation=[2.0, "x"]),
    )
    (only,) = parse(odd).rounds
    turn = only.turns[0]
    assert (turn.tokens, turn.examples, turn.peak_memory, turn.cpu_seconds) == (None,) * 4
    assert (only.idle, only.bound, only.utilisation) == (1.0, None, (1.0, 0.0))


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(content: bytes) -> None:
    assert parse(content).rounds == ()


@given(st.lists(st.dictionaries(st.sampled_from([*client_line(1, 0), *round_line(1)]), VALUES)))
def test_any_objects_can_be_read_and_added_up(found: list[dict[str, Any]]) -> None:
    turns = [{**client_line(1, n), **line} for n, line in enumerate(found)]
    ends = [{**round_line(1), **line} for line in found]
    content = "\n".join(json.dumps(line) for line in (*turns, *ends)).encode()
    summarise(parse(content))


def test_of_a_long_file_a_page_reads_the_last_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lines(*(line for n in range(1, 9) for line in (client_line(n, n), round_line(n))))
    monkeypatch.setattr(profiles, "MOST_SHOWN", len(whole) // 2)
    found = profiles.shown(whole)
    # Half of the file begins inside round 4 or at round 5; the first of what is left is dropped.
    assert [one.number for one in found.rounds] == [6, 7, 8]
    assert [len(one.turns) for one in found.rounds] == [1, 1, 1]
    assert found.problems[0] == "The file is long: only its last 3 rounds are shown here."
    monkeypatch.setattr(profiles, "MOST_SHOWN", len(whole))
    assert len(profiles.shown(whole).rounds) == 8


def test_the_tables_hold_every_number_that_was_read() -> None:
    turns = list(csv.DictReader(tables.turns_csv(parse(SMALL))))
    assert len(turns) == 5
    assert [turns[1][key] for key in ("round", "client", "predicted")] == ["1", "1", "1.0"]
    assert turns[0]["predicted"] == "", "unknown is empty, not 0"
    rounds = list(csv.DictReader(tables.rounds_csv(parse(SMALL))))
    assert [one["utilisation"] for one in rounds] == ["1 0.5", "0.5 0.5"]
    assert rounds[1]["bound"] == "4.0"


def test_no_cell_is_a_formula() -> None:
    evil = lines(client_line(1, 0, device="=1+1", outcome="@x"), round_line(1, policy="+2"))
    turn = next(csv.DictReader(tables.turns_csv(parse(evil))))
    assert (turn["device"], turn["outcome"]) == ("'=1+1", "'@x")
    assert next(csv.DictReader(tables.rounds_csv(parse(evil))))["policy"] == "'+2"
