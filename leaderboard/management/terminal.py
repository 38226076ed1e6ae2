"""What commands print: progress bars, plain lines where there is no terminal, and tables."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from leaderboard import queries
from leaderboard.queries import Watched
from leaderboard.records import BoardPage, BoardRow

BAR = 24
POLL_SECONDS = 0.5
PLAIN_EVERY = 10.0
"""Percent between two plain lines of one run."""


class Display:
    """One line a run: redrawn in place on a terminal, printed when something changed elsewhere."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout
        self.live = self.out.isatty()
        self.drawn = 0
        self.told: dict[str, tuple[str, int]] = {}

    def show(self, runs: Sequence[Watched]) -> None:
        """Bring the display up to date."""
        if self.live:
            self._redraw([line(run) for run in runs])
        else:
            self._print_changes(runs)

    def _redraw(self, lines: list[str]) -> None:
        width = shutil.get_terminal_size().columns
        up = f"\x1b[{self.drawn}A" if self.drawn else ""
        self.out.write(up + "".join(f"\x1b[2K{text[: width - 1]}\n" for text in lines))
        self.out.flush()
        self.drawn = len(lines)

    def _print_changes(self, runs: Sequence[Watched]) -> None:
        for run in runs:
            now = (run.stage, int(_percent(run) // PLAIN_EVERY))
            if self.told.get(run.submission_id) != now:
                self.told[run.submission_id] = now
                self.out.write(line(run) + "\n")
        self.out.flush()


def watch(
    ids: Sequence[str], display: Display, each: Callable[[], None] = lambda: None
) -> list[Watched]:
    """Show the submissions until all have ended. `each` runs between two looks and may raise."""
    while True:
        runs = queries.watched(ids)
        display.show(runs)
        if all(run.ended for run in runs):
            return runs
        each()
        time.sleep(POLL_SECONDS)


def line(run: Watched) -> str:
    """One run: name, bar, stage, how far."""
    full = round(BAR * _percent(run) / 100)
    bar = "█" * full + "░" * (BAR - full)
    return f"{run.submission_id}  {run.name[:32]:<32}  {bar}  {_state(run)}"


def _state(run: Watched) -> str:
    if run.stage == "failed":
        return f"Failed: {run.failure}"
    if run.stage == "published" and run.average is not None:
        return f"Published  {run.average:.2f}{_interval(run.low, run.high)}"
    if run.of:
        return f"{run.stage_title}  {run.unit} {run.done}/{run.of}"
    return run.stage_title


def _percent(run: Watched) -> float:
    if run.stage == "published":
        return 100.0
    return 100 * run.done / run.of if run.of else 0.0


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"  [{low:.2f}, {high:.2f}]"


def board_text(page: BoardPage) -> str:
    """A board as an aligned table: ranked entries, then the controls."""
    titles = [title for _, title in page.task_titles]
    means = ("Above chance", "Borda") if page.overall else ("Average", "Above chance")
    head = ["Rank", "Entry", "Method", means[0], "95 % interval", *titles, means[1]]
    head += ["GB", "Seconds"]
    entries = [_cells(row, page) for row in page.entries]
    controls = [_cells(row, page) for row in page.controls]
    widths = [max(map(len, column)) for column in zip(head, *entries, *controls, strict=True)]
    lines = [
        f"{page.title}, {page.protocol} protocol, {page.items:,} questions, "
        f"suite {page.suite_version or '-'}, evaluator {page.evaluator_version or '-'}",
        "",
        _aligned(head, widths),
        _aligned(["─" * width for width in widths], widths),
        *(_aligned(cells, widths) for cells in entries),
    ]
    if controls:
        lines += ["", "Controls", *(_aligned(cells, widths) for cells in controls)]
    if not entries and not controls:
        lines.append("Nothing has been published yet.")
    if page.overall:
        lines += [
            f"{row.name}: {row.unscored}"
            for row in (*page.entries, *page.controls)
            if row.average is None
        ]
    if page.pairs:
        lines += ["", f"In brackets the ranks an entry may have at 95 %: {how_compared(page)}."]
    return "\n".join(lines)


def rank_text(row: BoardRow) -> str:
    """A rank and the ranks it may as well be: 2 (1-4)."""
    if row.rank is None:
        return "–"
    return f"{row.rank} ({row.rank_low}-{row.rank_high})" if row.rank_low else str(row.rank)


def how_compared(page: BoardPage) -> str:
    """The tests behind the rank intervals, in a few words."""
    rest = f", {page.unpaired:,} by standard errors" if page.unpaired else ""
    return f"{page.paired:,} paired z-tests on shared items{rest}, corrected by Holm's method"


def _cells(row: BoardRow, page: BoardPage) -> list[str]:
    by_key = {task.key: task for task in row.tasks}
    tasks = [by_key.get(key) for key, _ in page.task_titles]
    return [
        rank_text(row),
        row.name,
        row.method_title,
        _number(row.average, 2),
        _interval(row.low, row.high).strip() or "–",
        *(_number(task.accuracy if task else None, 2) for task in tasks),
        _number(row.borda, 1) if page.overall else _number(row.corrected, 2),
        _number(row.gigabytes, 3),
        _number(row.seconds, 0),
    ]


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Words to the left (entry and method), numbers to the right."""
    words = (1, 2)
    padded = [
        cell.ljust(width) if place in words else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
