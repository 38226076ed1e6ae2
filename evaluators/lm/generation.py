"""What a request for a completion may ask: the `generation_kwargs` of our task definitions.

until        strings; the answer ends before the first of them in what was written
max_length   tokens in all, the prompt's included
room         room(doc, count), new tokens for this item; `count` is a text's length in tokens
echo         answer with the whole decoded text, prompt included
settled      settled(whole text): whether nothing that could still follow matters
do_sample, temperature, top_p, top_k
             laid over the model's own generation config; top_k 0 is none
plain        true: leave the model's generation config aside, and be greedy if not told otherwise

With `max_length` and `room` the smaller holds; one of them there must be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from transformers import GenerationConfig

from ..errors import EngineError
from .codec import Codec, Key
from .completion import Start

Count = Callable[[str], int]

SAMPLING = ("do_sample", "temperature", "top_p", "top_k")


class Wish(NamedTuple):
    """One task's `generation_kwargs`."""

    until: tuple[str, ...]
    max_length: int | None
    room: Callable[[Any, Count], int] | None
    echo: bool
    settled: Callable[[str], bool] | None
    sampling: Mapping[str, Any]
    """Of SAMPLING, what is set."""
    plain: bool

    def start(self, prompt: Key, doc: Any, codec: Codec) -> Start:
        """What an item's text begins with, and how long it may get.

        A prompt that leaves the model too little sight for `room` loses its beginning; one that
        fills `max_length`, or all the model sees, is not continued.
        """
        longest = codec.context if self.max_length is None else self.max_length
        if self.room is None:
            return Start(prompt, min(longest, codec.context))
        new = self.room(doc, codec.count)
        if self.max_length is not None:
            new = min(new, longest - len(prompt))
        kept = prompt[-max(1, codec.context - max(0, new)) :]
        return Start(kept, min(len(kept) + new, codec.context))

    def config(self, own: Any) -> Any:
        """The model's generation config with this task's settings over it."""
        config = GenerationConfig() if self.plain else deepcopy(own)
        for name, value in self.sampling.items():
            setattr(config, name, value)
        return config


def read(kwargs: Sequence[Mapping[str, Any]]) -> Wish:
    """The one wish of all requests; anything unknown or ambiguous is refused."""
    first = kwargs[0]
    if any(each != first for each in kwargs):
        raise EngineError("generate_until needs one set of arguments for all its requests.")
    if odd := sorted(set(first) - {*Wish._fields, *SAMPLING} - {"sampling"}):
        raise EngineError(f"generate_until does not know the argument {odd[0]!r}.")
    if first.get("max_length") is None and first.get("room") is None:
        raise EngineError("generate_until needs `max_length`, `room` or both.")
    until = first.get("until") or ()
    return Wish(
        until=(until,) if isinstance(until, str) else tuple(until),
        max_length=first.get("max_length"),
        room=first.get("room"),
        echo=bool(first.get("echo")),
        settled=first.get("settled"),
        sampling={name: first[name] for name in SAMPLING if first.get(name) is not None},
        plain=bool(first.get("plain")),
    )
