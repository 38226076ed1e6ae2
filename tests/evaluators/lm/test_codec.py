"""Texts become tokens once, and nothing is lost where two texts meet."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from evaluators.lm.codec import UNBOUNDED, Codec, Continuation
from federated.model import Loaded


@pytest.fixture
def codec(loaded: Loaded) -> Codec:
    return Codec(loaded.tokenizer, loaded.model.config)


def test_an_empty_text_is_the_end_token(codec: Codec) -> None:
    assert codec.encode([""]) == {"": (0,)}
    assert codec.encode([]) == {}


def test_a_continuation_is_what_stands_behind_the_contexts_own_tokens(codec: Codec) -> None:
    [pair] = codec.continuations([("oil fell", " today")])
    assert pair.prefix == codec.encode(["oil fell"])["oil fell"]
    assert codec.decode(pair.tokens) == " today"


def test_a_continuation_that_melts_into_its_context_keeps_one_token() -> None:
    class Melting:
        eos_token_id = 0

        def __call__(self, texts: list[str], **kwargs: Any) -> dict[str, list[list[int]]]:
            return {"input_ids": [[7, 8] if text == "a b" else [9] for text in texts]}

    codec = Codec(Melting(), SimpleNamespace())
    assert codec.continuations([("a b", "c")]) == [Continuation((), (9,))]
    assert codec.context == UNBOUNDED


def test_a_space_that_the_tokenizer_drops_at_a_texts_beginning_is_found_again() -> None:
    class Dropping:
        def decode(self, ids: list[int], skip_special_tokens: bool) -> str:
            return " ".join(map(str, ids))

    codec = Codec(Dropping(), SimpleNamespace())
    assert codec.decode([3, 4]) == "3 4"
    assert codec.written([1, 2, 3, 4], 2) == " 3 4"
