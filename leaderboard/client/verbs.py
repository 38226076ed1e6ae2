"""The commands. Each answers what `--json` prints and says the rest itself."""

from __future__ import annotations

import getpass
import json
import re
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from . import display, keys, reports, watching
from .api import Api, Json
from .declaring import declared
from .errors import Gone, Refused, Usage
from .sending import Sent
from .sending import check as ask
from .sending import submit as hand_in

ID = re.compile(r"[0-9a-z]{1,12}")
FILE_NAME = re.compile(r"[\w-]+(\.[\w-]+)*")


def open_api(given: Namespace, needs_token: bool = True) -> Api:
    """What everybody may see can be read without a token."""
    server = keys.server(given.server)
    return Api(server, keys.token(server) if needs_token else keys.known_token(server) or "")


def login(given: Namespace) -> Json:
    server = keys.server(given.server)
    token = _read_token()
    with Api(server, token) as api:
        me = dict(api.get("/me"))
    file = keys.keep_token(server, token)
    _say(given, f"Signed in to {server} as {display.plain(me['username'])}; token kept in {file}.")
    return me


def check(given: Namespace) -> Json:
    with open_api(given) as api:
        answer = ask(api, _sent(given))
    _say(given, reports.verdict(answer))
    if answer.get("problems"):
        raise Refused("it would be refused", problems=answer["problems"] if given.json else ())
    return answer


def submit(given: Namespace) -> Json:
    with open_api(given) as api:
        page = hand_in(api, _sent(given))
        _say(given, f"Handed in as {page['id']}: {display.plain(page.get('url') or '')}")
        return _watched(given, api, page["id"]) if given.watch else page


def watch(given: Namespace) -> Json:
    with open_api(given, needs_token=False) as api:
        return _watched(given, api, _id(given))


def show(given: Namespace) -> Json:
    with open_api(given, needs_token=False) as api:
        page = dict(api.get(f"/submissions/{_id(given)}"))
    _say(given, watching.report(page))
    return page


def board(given: Namespace) -> Any:
    with open_api(given, needs_token=False) as api:
        if not given.domain:
            return _boards(given, api)
        path = f"/boards/{_file_name(given.domain)}"
        page = dict(api.get(path, protocol=given.protocol))
        rows = list(api.pages(f"{path}/entries", protocol=given.protocol, limit=200))
    _say(given, reports.board(page, rows))
    return {**page, "entries": rows}


def export(given: Namespace) -> Json:
    submission = _id(given)
    folder = given.output or Path(submission)
    if folder.exists() and any(folder.iterdir()):
        raise Usage(f"{folder} is there and not empty", "choose another folder with -o")
    with open_api(given, needs_token=False) as api:
        page = dict(api.get(f"/submissions/{submission}"))
        written = [_write(folder / "submission.json", page)]
        written.append(_write(folder / "record.json", api.get(f"/submissions/{submission}/record")))
        for score in page.get("scores") or ():
            for task in score.get("tasks") or ():
                written += _export_items(api, submission, folder, score["protocol"], task["key"])
    for file in written:
        _say(given, str(file))
    return {"files": [str(file) for file in written]}


def cancel(given: Namespace) -> Json:
    return _act(given, "cancel", {})


def publish(given: Namespace) -> Json:
    return _act(given, "publish", {})


def withdraw(given: Namespace) -> Json:
    return _act(given, "withdraw", {"reason": given.reason})


def _act(given: Namespace, verb: str, body: Json) -> Json:
    with open_api(given) as api:
        page = dict(api.post(f"/submissions/{_id(given)}/{verb}", json=body))
    _say(given, watching.state(page) if page.get("stage_title") else f"{verb}: done")
    return page


def _watched(given: Namespace, api: Api, submission: str) -> Json:
    try:
        page = watching.watch(api, submission, given.interval, quiet=given.json)
    except KeyboardInterrupt:
        note = f"The run goes on; flboard watch {submission} follows it again."
        print(note, file=sys.stderr)
        raise
    _say(given, watching.report(page))
    return page


def _boards(given: Namespace, api: Api) -> Json:
    results = list(api.pages("/benchmarks"))
    for found in results:
        entries = f"{found['entries']} entries" if found["entries"] else "no entries"
        _say(given, f"{display.plain(found['key']):<16}{display.plain(found['title'])}, {entries}")
    return {"results": results}


def _export_items(api: Api, submission: str, folder: Path, protocol: str, task: str) -> list[Path]:
    file = folder / "items" / _file_name(protocol) / f"{_file_name(task)}.jsonl"
    path = f"/submissions/{submission}/items/{protocol}/{task}"
    try:
        lines = [json.dumps(item, ensure_ascii=False) for item in api.pages(path, limit=200)]
    except Gone:
        return []  # a score without items, such as a reported one
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [file]


def _write(file: Path, value: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, indent=2)
    file.write_text(f"{text}\n", encoding="utf-8")
    return file


def _sent(given: Namespace) -> Sent:
    about = declared(given)
    if given.path is None and not about.get("scores"):
        raise Usage("nothing to hand in", "name a file, or numbers with --score TASK=PERCENT")
    return Sent(given.path, about, given.visibility, given.team)


def _id(given: Namespace) -> str:
    found = str(given.id).rstrip("/").rpartition("/")[2]
    if not ID.fullmatch(found):
        raise Usage(f"{given.id!r} is no submission", "an id such as 4kq7wz2m, or its address")
    return found


def _file_name(found: object) -> str:
    """A word of the server's or the user's that becomes part of a path."""
    if not FILE_NAME.fullmatch(str(found)):
        raise Refused(f"{found!r} cannot be a file's name")
    return str(found)


def _read_token() -> str:
    """Never from the command line: other users of the machine can read that."""
    found = getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not re.fullmatch(r"fl_[A-Za-z0-9_-]{43}", found.strip()):
        raise Usage("that is no token", "it begins with fl_; make one on the site, under Tokens")
    return found.strip()


def _say(given: Namespace, text: str) -> None:
    if not given.json:
        print(text)
