"""What may be asked of a completion, and how long it may get."""

from __future__ import annotations

from typing import Any

import pytest
from transformers import GenerationConfig

from evaluators.errors import EngineError
from evaluators.lm.codec import Codec
from evaluators.lm.completion import Start
from evaluators.lm.generation import read

PROMPT = (3, 4, 5, 6)


class Sight(Codec):
    """A model that sees so many tokens; a word is a token."""

    def __init__(self, context: int) -> None:
        self.seen = context

    @property
    def context(self) -> int:
        return self.seen

    def count(self, text: str) -> int:
        return len(text.split())


def words(doc: Any, count: Any) -> int:
    return int(count(doc["gold"]))


def start(context: int, gold: str = "", **kwargs: Any) -> Start:
    return read([kwargs]).start(PROMPT, {"gold": gold}, Sight(context))


def test_the_limit_is_the_smaller_of_length_room_and_sight() -> None:
    assert start(100, max_length=9) == Start(PROMPT, 9)
    assert start(100, "yes", room=words) == Start(PROMPT, 5)
    assert start(100, "a b c", room=words, max_length=6) == Start(PROMPT, 6)
    assert start(100, "a b c", room=words, max_length=9) == Start(PROMPT, 7)
    assert start(8, max_length=9) == Start(PROMPT, 8)


def test_a_prompt_too_long_for_its_room_loses_its_beginning() -> None:
    assert start(4, "yes", room=words) == Start((4, 5, 6), 4)
    assert start(3, "a b c d", room=words) == Start((6,), 3)


def test_a_full_prompt_is_not_continued() -> None:
    for full in (start(100, max_length=4), start(4, max_length=9), start(100, "", room=words)):
        assert full.limit <= len(full.prompt)
    assert start(100, "yes", room=words, max_length=3).limit <= 4


def test_settings_are_laid_over_the_models_own() -> None:
    own = GenerationConfig(do_sample=True, temperature=0.7, repetition_penalty=1.3)
    over = read([{"max_length": 9, "do_sample": False, "top_k": 0, "top_p": None}]).config(own)
    assert (over.do_sample, over.temperature, over.top_k) == (False, 0.7, 0)
    assert over.repetition_penalty == 1.3 and over.top_p == own.top_p
    assert own.do_sample is True and own.top_k != 0


def test_plain_leaves_the_models_own_settings_aside() -> None:
    own = GenerationConfig(do_sample=True, repetition_penalty=1.3)
    plain = read([{"max_length": 9, "plain": True}]).config(own)
    assert not plain.do_sample and plain.repetition_penalty in (None, 1.0)
    sampled = read([{"max_length": 9, "plain": True, "do_sample": True}]).config(own)
    assert sampled.do_sample


def test_a_single_stop_string_is_one_string() -> None:
    assert read([{"max_length": 9, "until": "\n\n"}]).until == ("\n\n",)


@pytest.mark.parametrize(
    ("kwargs", "reason"),
    [
        ([{"max_length": 9}, {"max_length": 8}], "one set"),
        ([{"until": []}], "max_length"),
        ([{"max_length": 9, "max_gen_toks": 3}], "max_gen_toks"),
    ],
)
def test_what_is_unclear_is_refused(kwargs: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(EngineError, match=reason):
        read(kwargs)
