"""Where a text ends before its strings that must not be in it, and when that is certain."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .codec import Codec, Key
from .completion import Start
from .decoding import Ids


class Stops:
    """Strings that end what is written: it is cut before the first of them."""

    def __init__(self, strings: Sequence[str], codec: Codec) -> None:
        self.strings, self.codec = [string for string in strings if string], codec
        # A string that leaves sight unseen costs time only: the text is cut in the end anyway.
        self.sight = 2 * max(map(len, self.strings), default=0) + 8

    def rule(self) -> Callable[[Ids, int], bool] | None:
        """`reached`, or None where there is nothing to look for."""
        return self.reached if self.strings else None

    def reached(self, row: Ids, start: int) -> bool:
        """Whether no further token can change what is left of the text written from `start` on."""
        tail = self.codec.decode(row[max(start, len(row) - self.sight) :])
        if not any(string in tail for string in self.strings):
            return False
        return self._certain(self.codec.written(row, start))

    def rest(self, start: Start, row: Ids) -> str:
        """What was written after the prompt, up to the first of the strings."""
        return self.cut(self.codec.written(row, len(start.prompt)))

    def whole(self, prompt: Key, start: Start, row: Ids) -> str:
        """The same with the prompt before it, whole even where the model saw its end only."""
        text = self.codec.decode([*prompt, *row[len(start.prompt) :]])
        written = self.codec.written(row, len(start.prompt))
        return text[: len(text) - len(written) + len(self.cut(written))]

    def cut(self, text: str) -> str:
        """The text before the first of the strings in it."""
        return text[: self._first(text)]

    def _first(self, text: str) -> int:
        return min((text.find(s) for s in self.strings if s in text), default=len(text))

    def _certain(self, text: str) -> bool:
        """One is complete, and no other that begins before it still may be."""
        first = self._first(text)
        begun = (
            string.startswith(text[i:])
            for string in self.strings
            for i in range(max(0, len(text) - len(string) + 1), first)
        )
        return first < len(text) and not any(begun)
