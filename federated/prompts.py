"""From a row to tokens with labels: the Alpaca prompt and the loss on the answer alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from .domains import COLUMNS
from .errors import BadData

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

    from .domains import Row

PREAMBLE = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request."
)
"""Stanford Alpaca's preamble for prompts without an input, 105 characters."""


class Example(NamedTuple):
    """One training example: token ids, of which those from `answer` on are learnt."""

    ids: tuple[int, ...]
    answer: int

    @property
    def supervised(self) -> int:
        """Tokens that the loss sees."""
        return len(self.ids) - self.answer


def prompt(instruction: str) -> str:
    """FlowerTune's training prompt up to and with "### Response:"; no blank lines."""
    return f"{PREAMBLE}\n### Instruction:\n{instruction}\n### Response:"


def encode(
    table: Dataset,
    mapping: Callable[[Row], str],
    tokenizer: PreTrainedTokenizerBase,
    sequence_length: int,
    train_eos: bool,
) -> list[Example]:
    """The examples of a client's rows, without those whose answer does not fit at all.

    The text is tokenised whole, so that an answer's first token carries its leading space, and cut
    where "### Response:" ends: the labels of the original's completion-only collator. `BadData`
    when nothing fits.
    """
    rows: Iterable[Any] = table.select_columns(list(COLUMNS))
    pairs = [(prompt(mapping(row)), row["output"]) for row in map(_texts, rows)]
    encoded = tokenizer(
        [f"{start} {answer}" for start, answer in pairs], return_offsets_mapping=True
    )
    end = [tokenizer.eos_token_id] if train_eos else []
    examples = []
    for (start, _), ids, offsets in zip(
        pairs, encoded["input_ids"], encoded["offset_mapping"], strict=True
    ):
        body = ids[:-1] if ids and ids[-1] == tokenizer.eos_token_id else ids
        cut = next((i for i, span in enumerate(offsets) if span[1] > len(start)), len(body))
        example = Example(tuple((body + end)[:sequence_length]), cut)
        if example.supervised > 0:
            examples.append(example)
    if not examples:
        raise BadData(
            f"no answer of a client's {len(pairs)} rows fits into {sequence_length} tokens.",
            "Raise train.sequence_length.",
        )
    return examples


def _texts(row: dict[str, Any]) -> dict[str, str]:
    """A row whose columns all hold text; an absent input is an empty one."""
    found = {**row, "input": row["input"] or ""}
    odd = [name for name in COLUMNS if not isinstance(found[name], str)]
    if odd:
        raise BadData(f"a training row has {found[odd[0]]!r} as its {odd[0]}, a text was wanted.")
    return found
