"""What is kept between runs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from evaluators.sandbox import cache


@pytest.fixture(autouse=True)
def kept_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_a_text_is_made_once_and_is_nobody_elses() -> None:
    made: list[str] = []
    for _ in range(2):
        assert cache.kept("name", lambda: made.append("x") or "text") == "text"
    assert made == ["x"]
    assert cache.folder().stat().st_mode & 0o777 == 0o700
    assert sorted(os.listdir(cache.folder())) == ["drafts", "name"]
    assert os.listdir(cache.drafts()) == []


def test_a_text_that_could_not_be_made_leaves_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        cache.kept("name", lambda: str(1 / 0))
    assert not (cache.folder() / "name").exists()


def test_what_a_killed_process_left_is_swept_after_an_hour() -> None:
    old, new = cache.drafts() / "old", cache.drafts() / "new"
    (old / "inside").mkdir(parents=True)
    new.touch()
    os.utime(old, (time.time() - 3700,) * 2)
    assert os.listdir(cache.drafts()) == ["new"]
