"""From files to answers, one reader a format; a file that cannot be read says so and why."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..job import Format
from ..rescore.files import ACCURACY, Row, read_rows
from ..rescore.files import text_of as text_in
from ..rescore.lines import Malformed
from .lm_eval_rows import claims_in, sample
from .names import Member, accuracy_of, beside, members, results_of
from .rows import Output, Shape, Stack, text_of

Claims = dict[str, float]


def read(folder: Path, format: Format) -> list[Stack]:
    """Every file of the format in a folder."""
    return [_stack(member) for member in members(folder) if member.format == format]


def _stack(member: Member) -> Stack:
    try:
        outputs = tuple(READERS[member.format](member))
        claims = CLAIMS[member.format](member)
        return Stack(member.file.name, member.set, outputs, claims)
    except (Malformed, RecursionError, ValueError) as error:
        return Stack(member.file.name, member.set, problem=str(error))


def _numbered(member: Member) -> Iterator[tuple[str, Row]]:
    for number, row in enumerate(read_rows(member.file), 1):
        yield f"{member.file.name}, row {number}", row


def flowertune(member: Member) -> Iterator[Output]:
    """A question a row. Finance's rows may keep the answer's part only, or how it was read."""
    for where, row in _numbered(member):
        prompt, gold = row.get("context", row.get("prompt")), row.get("new_target", row.get("gold"))
        column = next((c for c in ("out_text", "output", "new_out") if c in row), None)
        if not isinstance(prompt, str) or column is None or not isinstance(row[column], str):
            raise Malformed(f"{where}: a prompt and an output were wanted, found {_keys(row)}.")
        shape: Shape = "text" if column == "output" else "segment"
        yield Output(where, shape, text_of(row[column]), prompt, gold=_word(gold))


def bigcode(member: Member) -> Iterator[Output]:
    """A list of programs a problem, in the dataset's order."""
    lists = _json(member.file)
    if not isinstance(lists, list):
        raise Malformed(f"{member.file.name}: a list of lists of programs was wanted.")
    for place, programs in enumerate(lists):
        where = f"{member.file.name}, problem {place + 1}"
        if not isinstance(programs, list) or not all(isinstance(each, str) for each in programs):
            raise Malformed(f"{where}: a list of programs was wanted.")
        for code in programs:
            yield Output(where, "program", text_of(code), place=place)


def humaneval(member: Member) -> Iterator[Output]:
    """A program a row: whole, or what comes after the prompt."""
    for where, row in _numbered(member):
        whole = isinstance(row.get("solution"), str)
        code = row.get("solution") if whole else row.get("completion")
        if not isinstance(row.get("task_id"), (str, int)) or not isinstance(code, str):
            raise Malformed(
                f"{where}: task_id and solution or completion were wanted, found {_keys(row)}."
            )
        shape: Shape = "program" if whole else "completion"
        yield Output(where, shape, text_of(code), label=str(row["task_id"]))


def lm_eval(member: Member) -> Iterator[Output]:
    """A sample a row; a row may hold several completions."""
    for where, row in _numbered(member):
        yield from sample(where, row)


def _keys(row: Row) -> str:
    return ", ".join(map(str, list(row)[:8])) or "nothing"


def _word(gold: Any) -> str | None:
    return gold.strip() if isinstance(gold, str) else None


def _json(file: Path) -> Any:
    try:
        return json.loads(text_in(file))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{file.name}: not JSON ({error}).") from None


def claimed_accuracy(member: Member) -> Claims:
    """ "Accuracy: 0.59. " beside a generation."""
    file = accuracy_of(member)
    match = ACCURACY.fullmatch(text_in(file)) if file else None
    return {"acc": float(match["value"])} if match else {}


def claimed_pass(member: Member) -> Claims:
    """{"humaneval": {"pass@1": 0.17}} beside generations."""
    file = beside(member.file, f"evaluation_results_{member.set}.json")
    return _claimed(_json(file) if file else None, member.set)


def claimed_by_evalplus(member: Member) -> Claims:
    """pass_at_k of the dataset's own tests in <samples>_eval_results.json."""
    stem = re.sub(r"\.jsonl(\.gz)?$", "", member.file.name)
    file = beside(member.file, f"{stem}_eval_results.json")
    return _claimed(_json(file) if file else None, "pass_at_k", "base")


def claimed_by_lm_eval(member: Member) -> Claims:
    """The accuracies in results_<date>.json."""
    file = results_of(member)
    return claims_in(_json(file), member.set) if file else {}


def _claimed(found: Any, *path: str) -> Claims:
    for key in (*path, "pass@1"):
        found = found.get(key) if isinstance(found, dict) else None
    return {"pass@1": float(found)} if isinstance(found, (int, float)) else {}


READERS: dict[Format, Callable[[Member], Iterator[Output]]] = {
    "lm-eval": lm_eval,
    "flowertune": flowertune,
    "bigcode": bigcode,
    "humaneval": humaneval,
}
CLAIMS: dict[Format, Callable[[Member], Claims]] = {
    "lm-eval": claimed_by_lm_eval,
    "flowertune": claimed_accuracy,
    "bigcode": claimed_pass,
    "humaneval": claimed_by_evalplus,
}
