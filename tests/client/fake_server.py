"""A small server written from the API's contract, with faults on demand."""

from __future__ import annotations

import json
import threading
from collections import deque
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "fl_" + "a" * 43
CHUNK = 1024**2
BAD = [{"place": "scores.medqa", "line": 3, "message": "not a number", "hint": "write 61.5"}]

Json = dict[str, Any]
Answer = tuple[int, Any, dict[str, str]]


class FakeServer(ThreadingHTTPServer):
    """Holds what it was told; `faults` are taken one a request, "" being none.

    "drop": the connection ends before anything was done; "lose": it ends after it was done;
    a number: that status, with Retry-After 7 for 429.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults: deque[str | int] = deque()
        self.seen: list[tuple[str, str]] = []
        self.bodies: list[Json] = []
        self.uploads: dict[str, Json] = {}
        self.submissions: dict[str, Json] = {}
        self.answers: dict[str, Json] = {}
        self.stages: deque[Json] = deque()
        self.problems: list[Json] = []
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    server: FakeServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path)
        self.server.seen.append((self.command, path.path))
        fault = self.server.faults.popleft() if self.server.faults else ""
        if fault == "drop":
            self.close_connection = True
            return
        if isinstance(fault, int):
            headers = {"Retry-After": "7"} if fault == 429 else {}
            return self._send(fault, error("fault", f"status {fault} was asked for"), headers)
        query = {key: values[0] for key, values in parse_qs(path.query).items()}
        answer = self._answer(path.path.removeprefix("/api/v1"), query, body)
        if fault == "lose":
            self.close_connection = True
            return
        self._send(*answer)

    do_GET = do_POST = do_PATCH = do_HEAD = _any

    def _send(self, status: int, value: Any, headers: dict[str, str]) -> None:
        content = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _answer(self, path: str, query: Json, body: bytes) -> Answer:
        parts = path.strip("/").split("/")
        if not self._signed_in() and (self.command != "GET" or parts == ["me"]):
            return 401, error("unauthorized", "This needs a token."), {}
        match self.command, parts:
            case "GET", ["me"]:
                return 200, {"username": "alice", "scopes": ["read", "submit"]}, {}
            case "POST", ["validate"]:
                return 200, self._validated(body), {}
            case "POST", ["submissions"]:
                return self._submitted(body)
            case "POST", ["submissions", one, verb] if one in self.server.submissions:
                self.server.bodies.append(json.loads(body or b"{}"))
                page = self.server.submissions[one] | {"stage": verb, "stage_title": verb}
                return 200, page, {}
            case "GET", ["submissions", one] if one in self.server.submissions:
                page = self.server.submissions[one]
                if self.server.stages:
                    page |= self.server.stages.popleft()
                return 200, page, {}
            case "GET", ["submissions", one, "record"]:
                return 200, {"submission": one}, {}
            case "GET", ["submissions", _, "items", _, _]:
                second = query.get("cursor") == "2"
                return 200, {"results": [{"n": 2 if second else 1}],
                             "next": None if second else "2"}, {}  # fmt: skip
            case "GET", ["benchmarks"]:
                card = {"key": "medical", "title": "Medical", "entries": 1}
                return 200, {"results": [card], "next": None}, {}
            case "GET", ["boards", domain]:
                return 200, {"domain": domain, "title": "Medical", "protocol": "clean"}, {}
            case "GET", ["boards", _, "entries"]:
                return 200, {"results": [ENTRY], "next": None}, {}
            case "POST", ["uploads"]:
                return self._upload_begun(json.loads(body))
            case (("HEAD" | "PATCH"), ["uploads", one]) if one in self.server.uploads:
                return self._piece(self.server.uploads[one], body)
        return 404, error("not-found", "There is no such thing."), {}

    def _signed_in(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _validated(self, body: bytes) -> Json:
        self.server.bodies.append(self._read(body))
        found = {"kind": "numbers", "title": "reported numbers"}
        quota = {"limit": 20, "used": 3, "resets_at": "2026-01-02T00:00:00Z"}
        warnings = [{"place": "scores", "line": None, "message": "odd", "hint": ""}]
        return {
            "found": found,
            "problems": self.server.problems,
            "warnings": warnings,
            "quota": quota,
        }

    def _submitted(self, body: bytes) -> Answer:
        key = self.headers["Idempotency-Key"]
        if key in self.server.answers:
            return 201, self.server.answers[key], {"Idempotent-Replay": "true"}
        read = self._read(body)
        self.server.bodies.append(read)
        if self.server.problems:
            return 422, error("refused", "It was refused.", self.server.problems), {}
        if "upload" in read:
            content = self.server.uploads.pop(read["upload"], None)
            if content is None or len(content["content"]) != content["size"]:
                return 404, error("not-found", "There is no such upload."), {}
            read["file"] = content["content"]
        page = submission(f"sub{len(self.server.submissions)}")
        self.server.submissions[page["id"]] = page
        self.server.answers[key] = page
        return 201, page, {}

    def _read(self, body: bytes) -> Json:
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("application/json"):
            return dict(json.loads(body))
        parsed = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        parts: Json = {}
        for part in parsed.get_payload():  # type: ignore[union-attr]
            name = part.get_param("name", header="content-disposition")
            parts[str(name)] = part.get_payload(decode=True)
        return {k: v if k == "file" else v.decode() for k, v in parts.items()} | {
            "declared": json.loads(parts["declared"])
        }

    def _upload_begun(self, asked: Json) -> Answer:
        one = f"up{len(self.server.uploads)}"
        self.server.uploads[one] = {**asked, "content": b""}
        return 201, {"id": one, "chunk_bytes": CHUNK}, {}

    def _piece(self, upload: Json, body: bytes) -> Answer:
        if self.command == "PATCH":
            if int(self.headers["Upload-Offset"]) != len(upload["content"]):
                return 409, error("wrong-offset", "The next piece starts elsewhere."), {}
            upload["content"] += body
        return 204, None, {"Upload-Offset": str(len(upload["content"]))}


ENTRY = {
    "rank": 1, "rank_low": 1, "rank_high": 2, "name": "Wide\x1b[31m", "owner": "alice",
    "method": "fedavg", "method_title": "FedAvg", "average": 61.5,
    "low": 60.0, "high": 63.0, "trust": "evaluated", "submission_id": "sub0",
}  # fmt: skip


def error(code: str, message: str, problems: list[Json] | None = None) -> Json:
    return {"error": {"code": code, "message": message, "problems": problems or []}}


def submission(one: str) -> Json:
    task = {"key": "medqa", "title": "MedQA", "accuracy": 61.5, "low": 60.0, "high": 63.0,
            "n": 1273}  # fmt: skip
    score = {"protocol": "clean", "average": 61.5, "low": 60.0, "high": 63.0, "tasks": [task]}
    return {
        "id": one, "name": "A run", "kind": "adapter", "domain": "medical", "trust": "evaluated",
        "visibility": "public", "stage": "published", "stage_title": "Published", "ended": True,
        "position": None, "eta_seconds": None, "done": 0, "of": 0, "unit": "", "failure": None,
        "scores": [score], "url": f"https://board.example/runs/{one}",
    }  # fmt: skip
