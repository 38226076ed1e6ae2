"""Files that arrive in pieces."""

from __future__ import annotations

import os
from io import BytesIO
from typing import Any

import pytest

from leaderboard.models import Upload
from leaderboard.services import pieces

from .conftest import RECIPE, Program, error

pytestmark = pytest.mark.django_db


@pytest.fixture
def begun(alices: Program) -> str:
    size = len(RECIPE.encode())
    answer = alices.post("/uploads", {"name": "mine.toml", "size": size})
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def test_it_is_taken_up_where_it_broke_off_and_handed_in_once(alices: Program, begun: str) -> None:
    content = RECIPE.encode()
    first = alices.piece(f"/uploads/{begun}", content[:10], 0)
    assert (first.status_code, first["Upload-Offset"]) == (204, "10")
    head = alices.call("HEAD", f"/uploads/{begun}")
    assert (head.status_code, head["Upload-Offset"], head.content) == (200, "10", b"")
    early = alices.post("/submissions", {"upload": begun})
    assert error(early)["problems"][0]["place"] == "upload"
    assert alices.piece(f"/uploads/{begun}", content[10:], 10).status_code == 204
    assert alices.post("/validate", {"upload": begun}).json()["problems"] == []
    made = alices.post("/submissions", {"upload": begun}, Idempotency_Key="u")
    assert made.status_code == 201, made.content
    assert not Upload.objects.exists() and not list(pieces.folder().iterdir())
    again = alices.post("/submissions", {"upload": begun}, Idempotency_Key="u")
    assert again.json() == made.json()
    assert alices.post("/submissions", {"upload": begun}).status_code == 422


def test_a_piece_at_the_wrong_place_says_where_to_go_on(alices: Program, begun: str) -> None:
    alices.piece(f"/uploads/{begun}", b"abc", 0)
    for offset in (0, 2, 4, 10**6):
        answer = alices.piece(f"/uploads/{begun}", b"xyz", offset)
        assert (answer.status_code, answer["Upload-Offset"]) == (409, "3")
    assert pieces.path_of(Upload.objects.get()).read_bytes() == b"abc"


def test_more_than_was_announced_is_refused(alices: Program, begun: str) -> None:
    answer = alices.piece(f"/uploads/{begun}", b"x" * 10_000, 0)
    assert answer.status_code == 413 and error(answer)["code"] == "too-large"
    assert Upload.objects.get().received == 0
    assert alices.piece(f"/uploads/{begun}", RECIPE.encode(), 0).status_code == 204
    assert pieces.path_of(Upload.objects.get()).read_bytes() == RECIPE.encode()


@pytest.mark.parametrize("offset", ["", "-1", "x", "9" * 40])
def test_a_strange_offset_is_refused(alices: Program, begun: str, offset: str) -> None:
    headers = {**alices.headers, "Upload-Offset": offset}
    path = f"/api/v1/uploads/{begun}"
    answer = alices.http.patch(path, b"a", "application/octet-stream", headers=headers)
    assert answer.status_code == 422 and error(answer)


def test_it_is_nobody_elses(alices: Program, bobs: Program, carols: Program, begun: str) -> None:
    for other in (bobs, carols):
        assert other.call("HEAD", f"/uploads/{begun}").status_code == 404
        assert other.piece(f"/uploads/{begun}", b"a", 0).status_code == 404
        assert other.call("DELETE", f"/uploads/{begun}").status_code == 404
        assert other.post("/submissions", {"upload": begun}).status_code == 422
    assert alices.call("DELETE", f"/uploads/{begun}").status_code == 204
    assert not list(pieces.folder().iterdir())


@pytest.mark.parametrize(
    ("name", "size", "place"),
    [
        ("../x.zip", 5, "name"),
        ("a\\b", 5, "name"),
        ("", 5, "name"),
        ("a\nb", 5, "name"),
        ("x.zip", 0, "size"),
        ("x.zip", 10**12, "size"),
    ],
)
def test_what_is_announced_has_to_make_sense(
    alices: Program, name: str, size: int, place: str
) -> None:
    answer = alices.post("/uploads", {"name": name, "size": size})
    assert [problem["place"] for problem in error(answer)["problems"]] == [place]
    assert not Upload.objects.exists()


def test_what_is_under_way_counts_as_storage(alices: Program, settings: Any) -> None:
    settings.STORAGE_BYTES = 100
    assert alices.post("/uploads", {"name": "a", "size": 60}).status_code == 201
    refused = alices.post("/uploads", {"name": "b", "size": 41})
    assert "room for 40 more" in error(refused)["problems"][0]["message"]
    assert alices.post("/uploads", {"name": "c", "size": 40}).status_code == 201


def test_what_ran_out_is_gone(alices: Program, begun: str) -> None:
    Upload.objects.update(expires="2020-01-01T00:00Z")
    assert alices.call("HEAD", f"/uploads/{begun}").status_code == 404
    pieces.clear()
    assert not Upload.objects.exists() and not list(pieces.folder().iterdir())


def test_a_file_without_a_row_is_deleted_after_a_while(begun: str) -> None:
    orphan = pieces.folder() / "orphan"
    orphan.touch()
    pieces.clear()
    assert orphan.exists(), "its row may be on its way"
    os.utime(orphan, (0, 0))
    pieces.clear()
    assert [file.name for file in pieces.folder().iterdir()] == [begun]


def test_of_two_pieces_at_once_one_waits(alices: Program, begun: str) -> None:
    upload = Upload.objects.get()
    with pieces._alone(upload):
        answer = alices.piece(f"/uploads/{begun}", b"abc", 0)
    assert (answer.status_code, answer["Upload-Offset"]) == (409, "0")


def test_a_stream_that_breaks_off_leaves_the_count_as_it_was(begun: str) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError("gone")
            return super().read(4)

    upload = Upload.objects.get()
    with pytest.raises(OSError, match="gone"):
        pieces.append(upload, 0, Broken(b"abcdefgh"))
    upload.refresh_from_db()
    assert upload.received == 0
