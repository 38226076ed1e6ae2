"""Between texts and a model's tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from .decoding import Ids

Key = tuple[int, ...]

UNBOUNDED = 1 << 30
"""Context of a model whose config names none."""


class Continuation(NamedTuple):
    """The tokens of a context and of what is scored after it."""

    prefix: Key
    tokens: Key


class Codec:
    """A tokenizer, and how many tokens its model sees at once."""

    def __init__(self, tokenizer: Any, config: Any) -> None:
        self.tokenizer = tokenizer
        self.config = config

    @property
    def context(self) -> int:
        """How many tokens the model sees."""
        return getattr(self.config, "max_position_embeddings", None) or UNBOUNDED

    @property
    def end(self) -> int:
        """The token that ends a text."""
        return int(self.tokenizer.eos_token_id)

    def ends(self, strings: Iterable[str]) -> frozenset[int]:
        """The end token, and those of `strings` that are tokens of their own, as chat marks are."""
        own = self.tokenizer.get_added_vocab()
        return frozenset([self.end, *(own[string] for string in strings if string in own)])

    def encode(self, texts: Iterable[str]) -> dict[str, Key]:
        """Each text's tokens, with the special ones its tokenizer puts first; never none."""
        asked = list(dict.fromkeys(texts))
        found = self.tokenizer(asked, return_attention_mask=False)["input_ids"] if asked else []
        return {text: tuple(ids) or (self.end,) for text, ids in zip(asked, found, strict=True)}

    def continuations(self, pairs: Sequence[tuple[str, str]]) -> list[Continuation]:
        """Context and continuation as one text, cut where the context's own tokens end.

        What is longer than the model sees loses its beginning.
        """
        texts = (text for context, more in pairs for text in (context, context + more))
        tokens = self.encode(texts)
        return [self._cut(len(tokens[context]), tokens[context + more]) for context, more in pairs]

    def _cut(self, prefix: int, whole: Key) -> Continuation:
        place = min(prefix, len(whole) - 1)
        tokens = whole[place:]
        return Continuation(whole[:place][-max(1, self.context - len(tokens)) :], tokens)

    def count(self, text: str) -> int:
        """A text's length in tokens, without special ones."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def decode(self, ids: Ids) -> str:
        """Text without special tokens."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def written(self, row: Ids, start: int) -> str:
        """The text of a row's tokens from `start` on, with a leading space that is theirs.

        Some tokenizers drop the space a text begins with, so it is read off the whole text.
        """
        before, whole = self.decode(row[:start]), self.decode(row)
        return whole[len(before) :] if whole.startswith(before) else self.decode(row[start:])
