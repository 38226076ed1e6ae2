"""Thousands of spoiled uploads: each is taken or refused in words, and nothing else is left.

FUZZ_EXAMPLES sets how many; the suite tries a few hundred.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderboard.models import Artifact, Attempt, Submission
from leaderboard.recipe_text import to_toml
from leaderboard.services.hand_in import Refused, hand_in
from leaderboard.uploads import Declared
from tests.leaderboard.helpers import recipe
from tests.leaderboard.uploads.adapters import arrays, config, encoded

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
DECLARED = Declared(name="Fuzz", domain="finance", base_model="tiny/llama")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny_hub")]

RESULTS = {"results": {"fpb": {"acc,none": 0.5}}, "configs": {"fpb": {}}, "n-samples": {}}
SAMPLE = {"doc_id": 0, "doc": {"q": "?"}, "target": "a", "filtered_resps": ["a"], "acc": 1.0}
FLOWERTUNE = {"prompt": "What?", "gold": "positive", "answer": "positive"}
HUMANEVAL = {"task_id": "HumanEval/0", "solution": "def f():\n    return 1\n"}


def archive(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return made.getvalue()


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


DATE = "2026-01-02T03-04-05.678901"
ADAPTER = {
    "adapter_config.json": json.dumps(config()).encode(),
    "adapter_model.safetensors": encoded(arrays()),
}
FOLDERS: list[dict[str, bytes]] = [
    ADAPTER,
    {f"peft_{number}/{name}": c for number in (1, 2) for name, c in ADAPTER.items()},
    {
        f"results_{DATE}.json": json.dumps(RESULTS).encode(),
        f"samples_fpb_{DATE}.jsonl": lines(SAMPLE, SAMPLE),
    },
    {"generation_fpb_1.jsonl": lines(FLOWERTUNE), "acc_fpb_1.txt": b"Accuracy: 0.5"},
    {
        "generations_mbpp.json": json.dumps([["def f(): pass"]]).encode(),
        "references_mbpp.json": json.dumps(["assert f()"]).encode(),
        "evaluation_results_mbpp.json": json.dumps({"mbpp": {"pass@1": 0.1}}).encode(),
    },
    {"samples.jsonl": lines(HUMANEVAL, HUMANEVAL)},
    {"recipe.toml": to_toml(recipe()).encode()},
]
SINGLE = [(name, content) for folder in FOLDERS for name, content in folder.items()]

TOKENS = [
    b"NaN", b"Infinity", b"9" * 400, b"1e9999", b"[" * 300, b"{" * 300, b"\0", b"\xff\xfe",
    b'"\\ud800"', b'"a":1,"a":1', b"null", b"-1", b"true", b"../../x", b"\r\n", b"[]", b"{}",
    b'"' + b"x" * 5000 + b'"', b"PK\x03\x04", b"PK\x05\x06", b"PK\x01\x02", b"\x1f\x8b", b"\\",
]  # fmt: skip
NAMES = [
    "../x", "/etc/x", "a\\b", "CON", "a" * 300, "x/" * 20 + "y", "ADAPTER_CONFIG.JSON", "a\0b",
    "u\u0308", "samples.jsonl/x", "adapter_model.bin", "x.py", "adapter_config.json/", "\u202e",
    "recipe.toml", "peft_99999999999/adapter_config.json", "empty/", ".hidden", "samples_.jsonl",
]  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn, content: bytes) -> bytes:
    """Bytes with a few changes: cut, doubled, overwritten, or with a token put in."""
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(["token", "byte", "cut", "drop", "double", "bytes"])):
            case "token":
                content = content[:at] + draw(st.sampled_from(TOKENS)) + content[at:]
            case "byte":
                content = content[:at] + bytes([draw(st.integers(0, 255))]) + content[at + 1 :]
            case "cut":
                content = content[:at]
            case "drop":
                content = content[:at] + content[at + draw(st.integers(1, 64)) :]
            case "double":
                content = content + content[at : at + 200]
            case "bytes":
                content = content[:at] + draw(st.binary(max_size=40)) + content[at:]
    return content


@st.composite
def folders(draw: st.DrawFn) -> bytes:
    """An archive of spoiled files, some under names that are not safe, itself spoiled now and
    then."""
    files = dict(draw(st.sampled_from(FOLDERS)))
    for name in draw(st.lists(st.sampled_from(sorted(files)), max_size=2)):
        files[name] = draw(spoiled(files[name]))
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        files[name] = draw(st.sampled_from([b"", b"x", *files.values()]))
    how = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    made = archive(files, how)
    return draw(spoiled(made)) if draw(st.booleans()) else made


@st.composite
def uploads(draw: st.DrawFn) -> tuple[str, bytes]:
    """A name and what is sent under it."""
    if draw(st.booleans()):
        return draw(st.sampled_from(["a.zip", "x.json", ""])), draw(folders())
    name, content = draw(st.sampled_from(SINGLE))
    other = draw(st.sampled_from([name.rpartition("/")[2], *NAMES, "a.zip"]))
    return other, draw(spoiled(content))


def everything_stored(site: Path) -> set[str]:
    """Stored files by their digest."""
    return {path.name for path in (site / "artifacts").rglob("*") if path.is_file()}


def nothing_is_loose(site: Path) -> bool:
    """No unpacked file, no stored file without its row."""
    incoming = list((site / "incoming").iterdir()) if (site / "incoming").exists() else []
    return not incoming and everything_stored(site) == set(
        Artifact.objects.values_list("sha256", flat=True)
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=QUIET)
@given(upload=uploads())
def test_a_spoiled_upload_is_taken_or_refused_and_nothing_else(
    upload: tuple[str, bytes], carol: Any, site: Path, tmp_path: Path
) -> None:
    name, content = upload
    source = tmp_path / "sent"
    source.write_bytes(content)
    with transaction.atomic():
        try:
            submission = hand_in(carol, source, name, DECLARED)
        except Refused as refused:
            assert refused.problems and all(p.place and p.message for p in refused.problems)
            assert not Submission.objects.exists() and not Attempt.objects.exists()
            assert not everything_stored(site)
        else:
            assert submission.attempts.get().stage.startswith("waiting-")
        assert nothing_is_loose(site)
        transaction.set_rollback(True)
    shutil.rmtree(site / "artifacts", ignore_errors=True)
    assert {path.name for path in tmp_path.iterdir()} <= {"sent", "state"}


@settings(max_examples=max(30, EXAMPLES // 10), deadline=None, suppress_health_check=QUIET)
@given(
    upload=uploads(),
    typed=st.dictionaries(
        st.sampled_from(["name", "rounds", "links", "scores", "base_model", "team", "visibility"]),
        st.sampled_from(
            ["", "x", "-1", "1e400", "nan", "fpb = nan", "../..", "\0", "é" * 200, "<b>"]
        ),
    ),
)
def test_a_spoiled_form_is_answered_in_words(
    upload: tuple[str, bytes], typed: dict[str, str], carol: Any, site: Path
) -> None:
    client = Client()
    client.force_login(carol)
    sent = io.BytesIO(upload[1])
    sent.name = upload[0]
    data = {"name": "Fuzz", "domain": "finance", "base_model": "tiny/llama", "action": "submit"}
    with transaction.atomic():
        response = client.post("/submit/upload", data | typed | {"file": sent})
        assert response.status_code in (302, 422), response.status_code
        assert nothing_is_loose(site)
        transaction.set_rollback(True)
    shutil.rmtree(site / "artifacts", ignore_errors=True)
