"""What a terminal shows: a bar that is redrawn, and plain lines where nobody watches."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from .errors import ClientError

BAR = 24
PLAIN_EVERY = 10
"""Percent between two plain lines."""


class Line:
    """One line of progress: redrawn in place on a terminal, printed when it moved on elsewhere."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stderr
        self.live = self.out.isatty()
        self.told: object = None
        self.open = False

    def show(self, text: str, done: float, of: float, key: str = "") -> None:
        """`key` is what a change of is always worth a line."""
        share = min(1.0, done / of) if of else 0.0
        if self.live:
            self._redraw(f"{bar(share)}  {text}")
        elif (key, int(100 * share // PLAIN_EVERY)) != self.told:
            self.told = (key, int(100 * share // PLAIN_EVERY))
            print(text, file=self.out, flush=True)

    def end(self) -> None:
        """Leave the line as it stands."""
        if self.open:
            print(file=self.out, flush=True)
        self.open = False

    def _redraw(self, text: str) -> None:
        width = shutil.get_terminal_size().columns
        self.out.write(f"\r\x1b[2K{text[: width - 1]}")
        self.out.flush()
        self.open = True


def bar(share: float) -> str:
    full = round(BAR * share)
    return "█" * full + "░" * (BAR - full)


def plain(value: object) -> str:
    """A text of somebody else's, unable to move the cursor or change colours."""
    return "".join(c if c.isprintable() else "�" for c in str(value))


def as_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def error(problem: ClientError) -> None:
    print(f"flboard: {_with_hint(problem.message, problem.hint)}", file=sys.stderr)
    for line in problem_lines(problem.problems):
        print(line, file=sys.stderr)


def problem_lines(problems: Iterable[Mapping[str, Any]], sign: str = "✗") -> list[str]:
    """A line each: where, what, and what helps."""
    return [f"  {sign} {_where(found)}: {_what(found)}" for found in problems]


def _where(found: Mapping[str, Any]) -> str:
    line = f"line {found['line']}, " if found.get("line") else ""
    return line + plain(found.get("place") or "upload")


def _what(found: Mapping[str, Any]) -> str:
    return _with_hint(found.get("message"), found.get("hint"))


def _with_hint(message: object, hint: object) -> str:
    return plain(message) + (f" ({plain(hint)})" if hint else "")


def table(head: Sequence[str], rows: Sequence[Sequence[object]], words: Sequence[int]) -> str:
    """An aligned table; `words` are the columns that stand to the left."""
    cells = [list(head), *([plain(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["─" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place in words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"[{low:.2f}, {high:.2f}]"


def size(count: float) -> str:
    """Bytes for people."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
