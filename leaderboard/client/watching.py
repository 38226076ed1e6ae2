"""Follow a submission to its end, through pauses of the network and of the server."""

from __future__ import annotations

from . import display
from .api import Api, Json
from .errors import Limited, Refused
from .reports import scores

LEAST_WAIT = 0.2
"""Seconds between two looks, whatever was asked for."""


def watch(api: Api, submission: str, every: float, quiet: bool = False) -> Json:
    """Show a submission until it ends; `Refused` when it ended without a score."""
    line = display.Line()
    try:
        page = _follow(api, submission, every, None if quiet else line)
    except KeyboardInterrupt:
        line.end()
        raise
    line.end()
    if page["stage"] != "published":
        raise _ended_badly(page)
    return page


def _follow(api: Api, submission: str, every: float, line: display.Line | None) -> Json:
    while True:
        try:
            page = dict(api.get(f"/submissions/{submission}"))
        except Limited as limit:
            api.sleep(limit.retry_after)
            continue
        if line:
            line.show(state(page), page.get("done") or 0, page.get("of") or 0, _key(page))
        if page["ended"]:
            return page
        api.sleep(max(every, LEAST_WAIT))


def state(page: Json) -> str:
    """Where a submission stands, in one line."""
    parts = [display.plain(page["name"]), display.plain(page["stage_title"])]
    if page["ended"]:
        return "  ".join(parts)
    if page["position"]:
        parts.append(f"number {page['position']} in the queue")
    if page["of"]:
        parts.append(f"{display.plain(page['unit'])} {page['done']} of {page['of']}")
    if page["eta_seconds"]:
        parts.append(f"about {display.duration(page['eta_seconds'])} left")
    return "  ".join(parts)


def _key(page: Json) -> str:
    return f"{page['stage']} {page.get('position')}"


def _ended_badly(page: Json) -> Refused:
    failure = page.get("failure")
    if not failure:
        return Refused(f"{page['id']} ended as: {page['stage_title']}", code=page["stage"])
    code = str(failure.get("code") or "failed")
    return Refused(f"{code}: {failure['message']}", failure.get("hint") or "", code=code)


def report(page: Json) -> str:
    """A submission with its scores."""
    about = [page.get("kind"), page.get("domain"), page.get("trust"), page.get("visibility")]
    head = f"{state(page)}\n{', '.join(display.plain(word) for word in about if word)}"
    findings = display.problem_lines(page.get("findings") or (), sign="!")
    parts = [head, *findings, *scores(page), display.plain(page.get("url") or "")]
    return "\n".join(part for part in parts if part)
