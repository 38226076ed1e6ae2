"""A text is cut before its first stop string, and nothing stops it before that is certain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.lm.codec import Codec
from evaluators.lm.completion import Start
from evaluators.lm.decoding import Ids
from evaluators.lm.stopping import Stops

TEXT = st.text("abc\n", max_size=30)


class Letters(Codec):
    """A token is a character."""

    def __init__(self) -> None:
        pass

    def decode(self, ids: Ids) -> str:
        return "".join(map(chr, ids))


def ids(text: str) -> list[int]:
    return [ord(letter) for letter in text]


def stops(*strings: str) -> Stops:
    return Stops(strings, Letters())


def test_the_cut_is_before_the_first_in_the_text_not_in_the_list() -> None:
    assert stops("\nif", "\ndef").cut("x\ndef f\nif y") == "x"
    assert stops("\nif").cut("if x") == "if x"
    assert stops().cut("all of it") == "all of it"


def test_a_string_counts_in_what_was_written_only() -> None:
    assert not stops("\n#").reached(ids("\n# prompt\n"), 10)
    assert not stops("\n#").reached(ids("\n#"), 1)
    assert stops("\n#").reached(ids("ab\n#"), 2)


def test_it_waits_while_an_earlier_string_may_still_come() -> None:
    both = stops("\n\nabc", "\na")
    assert not both.reached(ids("x\n\na"), 0)
    assert both.reached(ids("x\n\naa"), 0)
    assert both.cut("x\n\nabc") == "x" and both.cut("x\n\naa") == "x\n"


@given(st.lists(st.text("abc\n", min_size=1, max_size=5), min_size=1, max_size=4), TEXT, TEXT)
def test_once_reached_no_more_text_changes_the_cut(
    strings: list[str], text: str, more: str
) -> None:
    rule = stops(*strings)
    if rule.reached(ids(text), 0):
        assert rule.cut(text) == rule.cut(text + more)


def test_the_prompt_is_whole_though_the_model_saw_its_end_only() -> None:
    start = Start(tuple(ids("mpt ")), 20)
    row = ids("mpt one\ntwo")
    assert stops("\n").whole(tuple(ids("prompt ")), start, row) == "prompt one"
    assert stops("\n").rest(start, row) == "one"


@pytest.mark.parametrize("strings", [(), ("",)])
def test_without_strings_there_is_no_rule(strings: tuple[str, ...]) -> None:
    assert stops(*strings).rule() is None
