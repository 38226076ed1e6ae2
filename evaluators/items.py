"""The record of every completion, one parquet file a task and protocol: what scores come from."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from .job import ITEM_COLUMNS
from .protocols.base import Verdict
from .scoring import Tally, tally

METADATA = b"evaluation"


class Item(NamedTuple):
    """One row; the columns are described in `job.ITEM_COLUMNS`."""

    item_id: str
    sample: int
    group: str
    prompt_sha256: str
    prompt: str
    echo: str | None
    output: str
    answer: str | None
    gold: str
    options: list[str] | None
    correct: bool
    compliant: bool
    loglikelihoods: list[float] | None
    reason: str | None = None
    stdout: str | None = None
    seconds: float | None = None

    @property
    def text(self) -> str:
        """What the official parser read: prompt and output as the tokenizer gave them back."""
        return (self.prompt if self.echo is None else self.echo) + self.output


def judged(
    doc: Mapping[str, Any], prompt: str, output: str, verdict: Verdict, **fields: Any
) -> Item:
    """The row of one completion of an item; `fields` are those that not every form has."""
    own = {"sample": 0, "echo": None, "loglikelihoods": None, **fields}
    return Item(
        item_id=doc["item_id"],
        group=doc["group"],
        prompt_sha256=sha256(prompt),
        prompt=prompt,
        output=output,
        answer=verdict.answer,
        gold=doc["gold"],
        options=list(doc["options"]) or None,
        correct=verdict.correct,
        compliant=verdict.compliant,
        **own,
    )


TYPES: dict[str, pa.DataType] = {
    "correct": pa.bool_(),
    "compliant": pa.bool_(),
    "loglikelihoods": pa.list_(pa.float64()),
    "options": pa.list_(pa.string()),
    "sample": pa.int64(),
    "seconds": pa.float64(),
}
SCHEMA = pa.schema([(name, TYPES.get(name, pa.string())) for name in ITEM_COLUMNS])


def write(file: Path, items: Sequence[Item], metadata: dict[str, Any]) -> None:
    """Write a whole file in one step; `metadata` says which job it belongs to."""
    file.parent.mkdir(exist_ok=True)
    table = pa.Table.from_pylist([item._asdict() for item in items], schema=SCHEMA)
    table = table.replace_schema_metadata({METADATA: json.dumps(metadata).encode()})
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    pq.write_table(table, draft)
    draft.replace(file)


def read(file: Path) -> list[Item]:
    """All rows, in order."""
    return [Item(**row) for row in pq.read_table(file, schema=SCHEMA).to_pylist()]


def read_metadata(file: Path) -> dict[str, Any] | None:
    """What `write` stored; None where there is no sound file of ours."""
    try:
        stored = (pq.read_schema(file).metadata or {}).get(METADATA)
        found = json.loads(stored) if stored else None
    except (OSError, ValueError, pa.ArrowException):
        return None
    return found if isinstance(found, dict) else None


def count(file: Path) -> Tally:
    """The counted verdicts of a file."""
    table = pq.read_table(file, columns=["item_id", "correct", "compliant"])
    return tally(*(table[name].to_pylist() for name in ("item_id", "correct", "compliant")))


def prompts_sha256(file: Path) -> str:
    """sha256 over the items' prompt hashes, in item order: equal if and only if the prompts are."""
    rows = pq.read_table(file, columns=["sample", "prompt_sha256"]).to_pylist()
    hashes = [row["prompt_sha256"] for row in rows if row["sample"] == 0]
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def sha256(text: str) -> str:
    """Of a text's UTF-8 bytes, as hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
