"""The server's answers as text for people."""

from __future__ import annotations

from . import display
from .api import Json


def scores(page: Json) -> list[str]:
    """One block a protocol: the average, then its tasks."""
    blocks = []
    for score in page.get("scores") or ():
        line = f"{display.plain(score['protocol']):<10}{_share(score, 'average')}"
        tasks = [
            f"  {display.plain(task['title']):<32}{_share(task, 'accuracy')}"
            f"  ({task['n']:,} questions)"
            for task in score.get("tasks") or ()
        ]
        blocks.append("\n".join([line, *tasks]))
    return blocks


def _share(score: Json, key: str) -> str:
    if score.get(key) is None:
        return display.plain(score.get("unscored") or "no score")
    return f"{score[key]:6.2f}  {display.interval(score.get('low'), score.get('high'))}"


def verdict(answer: Json) -> str:
    """What a dry run found."""
    found = answer.get("found") or {}
    lines = [f"Recognised as: {display.plain(found.get('title') or 'nothing that is accepted')}"]
    lines += display.problem_lines(answer.get("problems") or ())
    lines += display.problem_lines(answer.get("warnings") or (), sign="!")
    if quota := answer.get("quota"):
        lines.append(quota_line(quota))
    if not answer.get("problems"):
        lines.append("Nothing speaks against handing it in.")
    return "\n".join(lines)


def quota_line(quota: Json) -> str:
    if quota.get("limit") is None:
        return f"{quota['used']} handed in today, no limit."
    left = max(0, quota["limit"] - quota["used"])
    return f"{left} of {quota['limit']} submissions left today."


def board(page: Json, rows: list[Json]) -> str:
    """A board as an aligned table."""
    head = ["Rank", "Entry", "Owner", "Method", "Average", "95 % interval", "Trust", "Id"]
    cells = [_cells(row) for row in rows]
    title = f"{display.plain(page['title'])}, {page['protocol']} protocol"
    if not rows:
        return f"{title}\n\nNothing has been published yet."
    return f"{title}\n\n{display.table(head, cells, words=(1, 2, 3, 6, 7))}"


def _cells(row: Json) -> list[object]:
    rank = row.get("rank")
    low, high = row.get("rank_low"), row.get("rank_high")
    return [
        "–" if rank is None else f"{rank} ({low}-{high})" if low else rank,
        row["name"],
        row["owner"],
        row["method_title"],
        display.number(row.get("average")),
        display.interval(row.get("low"), row.get("high")),
        row["trust"],
        row["submission_id"],
    ]
