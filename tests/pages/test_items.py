"""Questions and answers one by one: lists, items, files, and what hostile texts may not do."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.template import engines
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leaderboard import storage
from leaderboard.models import Submission
from tests.leaderboard import item_cast

from .test_reading import INLINE, text_of

pytestmark = pytest.mark.django_db

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 1|add:1 }}"
HIDDEN = "a\u202eb\u200b\u200bc\x00\x1b[31m\r\x85"


@pytest.fixture(autouse=True)
def shelf(settings: Any, tmp_path: Path) -> None:
    """Files of this test alone, and passwords that cost nothing."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    options = {"location": tmp_path / "artifacts"}
    backend = {"BACKEND": "leaderboard.storage.Shelf", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}


@pytest.fixture
def made(alice: Any) -> Submission:
    """Alice's published submission."""
    return item_cast.submission(alice)


@pytest.fixture
def base(made: Submission, tmp_path: Path) -> str:
    """The address of four answers; a second task could not be scored."""
    item_cast.score(made, {"fpb": item_cast.stored(item_cast.FOUR, tmp_path), "fiqa": ""})
    return f"/submissions/{made.pk}/items/clean/fpb/"


@pytest.fixture
def programs(made: Submission, tmp_path: Path) -> str:
    """The address of three problems with two programs each."""
    item_cast.score(made, {"fpb": item_cast.stored(item_cast.PROGRAMS, tmp_path)})
    return f"/submissions/{made.pk}/items/clean/fpb/"


def many(count: int) -> list[item_cast.Row]:
    """Every third one is right."""
    return [
        item_cast.choice(n, f"Question number {n}, please?", "A", "A" if n % 3 == 0 else "B")
        for n in range(count)
    ]


def listed(client: Client, address: str) -> list[int]:
    """The places that a list shows."""
    shown = client.get(address).content.decode()
    return [int(found) for found in re.findall(r'class="place">(\d+)<', shown)]


def links(client: Client, address: str, rel: str) -> list[str]:
    """Where a page's links of one kind lead."""
    shown = client.get(address).content.decode()
    return [html.unescape(found) for found in re.findall(rf'rel="{rel}" href="([^"]+)"', shown)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 4]),
        ("?show=right", [1, 3]),
        ("?show=wrong", [2, 4]),
        ("?show=unparsed", [4]),
        ("?group=astronomy", [3, 4]),
        ("?group=astronomy&show=right", [3]),
        ("?search=planet", [4]),
        ("?search=what+b.+of+1", [2]),
        ("?page=9", [1, 2, 3, 4]),
        ("?show=nonsense&group=nonsense&page=nonsense", [1, 2, 3, 4]),
    ],
)
def test_a_list_shows_what_its_address_asks_for(
    client: Client, base: str, query: str, expected: list[int]
) -> None:
    assert listed(client, base + query) == expected


def test_a_row_says_question_group_answer_gold_and_verdict_in_words(
    client: Client, base: str
) -> None:
    shown = text_of(client.get(base))
    assert "4 What is a planet? astronomy D A Wrong not in form" in shown
    assert "3 What is a star? astronomy C C Right" in shown


def test_every_filter_says_how_much_it_leaves(client: Client, base: str) -> None:
    shown = text_of(client.get(base))
    assert "All 4 Right 2 Wrong 2 Not in form 1" in shown
    assert "Every group (4) abstract algebra (2) astronomy (2)" in shown


def test_programs_are_listed_with_what_came_of_them(client: Client, programs: str) -> None:
    shown = text_of(client.get(programs))
    assert "1 Add 0 to the sum. 2 of 2 right Passed" in shown
    assert "2 Add 1 to the sum. 1 of 2 right Passed, wrong answer" in shown
    assert "Partly right 1" in shown and "Wrong answer (2)" in shown
    assert listed(client, f"{programs}?reason=timed+out") == [3]
    assert listed(client, f"{programs}?show=partly") == [2]


def test_an_empty_list_offers_the_whole(client: Client, base: str) -> None:
    shown = text_of(client.get(f"{base}?search=nobody"))
    assert "Nothing with “ nobody ” in it is left" in shown and "Show all 4 questions" in shown


def test_pages_have_fifty_in_an_order_that_stays(
    client: Client, made: Submission, tmp_path: Path
) -> None:
    item_cast.score(made, {"fpb": item_cast.stored(many(120), tmp_path)})
    base = f"/submissions/{made.pk}/items/clean/fpb/"
    assert listed(client, base) == list(range(1, 51))
    assert listed(client, f"{base}?page=2") == list(range(51, 101))
    assert listed(client, f"{base}?page=3") == list(range(101, 121))
    assert listed(client, f"{base}?page=99") == list(range(101, 121))
    assert links(client, f"{base}?page=2", "prev") == [base]
    assert links(client, f"{base}?page=2", "next") == [f"{base}?page=3"]


def test_a_reader_without_javascript_gets_everywhere(
    client: Client, made: Submission, tmp_path: Path
) -> None:
    item_cast.score(made, {"fpb": item_cast.stored(many(200), tmp_path)})
    run = client.get(f"/submissions/{made.pk}/").content.decode()
    base = f"/submissions/{made.pk}/items/clean/fpb/"
    assert f'<a href="{base}"' in run
    wrong = f"{base}?show=wrong"
    assert f'href="{wrong}"' in client.get(base).content.decode()
    second = links(client, wrong, "next")[0]
    assert listed(client, second)[0] == 77  # the 51st that is no third one: 50 // 2 * 3 + 2
    item = f"{base}stem-76/?show=wrong"
    assert f'href="{item}"' in client.get(second).content.decode()
    shown = client.get(item)
    assert "51 of 133 shown" in text_of(shown)
    assert f'href="{html.escape(second)}"' in shown.content.decode()
    assert links(client, item, "prev") == [f"{base}stem-74/?show=wrong"]
    assert links(client, item, "next") == [f"{base}stem-77/?show=wrong"]


def test_neighbours_of_an_item_outside_the_list_are_those_around_it(
    client: Client, base: str
) -> None:
    item = f"{base}stem-1/?show=right"
    assert links(client, item, "prev") == [f"{base}stem-0/?show=right"]
    assert links(client, item, "next") == [f"{base}stem-2/?show=right"]
    assert "The list" in text_of(client.get(item))


def test_an_item_shows_prompt_weights_verdict_and_hash(client: Client, base: str) -> None:
    response = client.get(f"{base}stem-1/")
    shown, row = text_of(response), item_cast.FOUR[1]
    assert "Verdict Wrong" in shown and "Answer B Right answer C" in shown
    # e^-0.7 / (e^-0.7 + 3 e^-2.5) = 66.849 %
    assert "B chosen b of 1 −0.700 66.8" in shown and "C right c of 1 −2.500 11.1" in shown
    assert row["prompt_sha256"] in shown
    assert html.escape(row["prompt"]) in response.content.decode()


def test_an_item_of_programs_shows_every_sample(client: Client, programs: str) -> None:
    shown = text_of(client.get(f"{programs}code-1/"))
    assert "Verdict 1 of 2 right" in shown
    assert "Answer 1 Right Passed , after 0.25 s." in shown
    assert "Answer 2 Wrong Wrong answer , after 0.25 s." in shown
    assert "What the program printed &lt;b&gt;7&lt;/b&gt;" in shown
    assert "assert add_1(1, 2) == 4" in shown


def test_an_old_file_is_shown_like_a_new_one(
    client: Client, made: Submission, tmp_path: Path
) -> None:
    row = item_cast.row(
        "fpb-7", "News:\nInput: Sales rose.\nAnswer:", "neutral", "neutral", "positive"
    )
    old = row | {"loglikelihoods": [-8.0, -3.5, -16.0], "echo": "<s> Input"}
    item_cast.score(made, {"fpb": item_cast.stored([old], tmp_path, old=True)}, version="1")
    base = f"/submissions/{made.pk}/items/clean/fpb/"
    assert "1 Sales rose. neutral positive Wrong" in text_of(client.get(base))
    shown = text_of(client.get(f"{base}fpb-7/"))
    assert "per character" in shown and "neutral chosen −3.500 −0.500" in shown
    assert "As the tokenizer gave it back" in shown


def test_a_task_without_answers_says_why(client: Client, base: str) -> None:
    shown = text_of(client.get(base.replace("/fpb/", "/fiqa/")))
    assert "There are no answers to look at The data could not be loaded" in shown
    assert client.get(base.replace("/fpb/", "/fiqa.parquet")).status_code == 404


def test_a_file_that_is_gone_is_said_to_be(client: Client, made: Submission) -> None:
    item_cast.score(made, {"fpb": "0" * 64})
    base = f"/submissions/{made.pk}/items/clean/fpb"
    assert "missing or damaged" in text_of(client.get(f"{base}/"))
    for rest in ("/stem-0/", ".parquet", ".jsonl"):
        assert client.get(base + rest).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "nobody/items/clean/fpb/",
        "{}/items/official/fpb/",
        "{}/items/kind/fpb/",
        "{}/items/clean/tfns/",
        "{}/items/clean/fpb/?evaluator=9",
        "{}/items/clean/fpb/?evaluator=%00",
        "{}/items/clean/fpb/stem-9/",
        "{}/items/clean/fpb/stem-1/nothing.txt",
        "{}/items/clean/fpb/stem-1/correct.txt",
        "{}/items/clean/fpb/stem-1/output.txt?sample=7",
        "{}/items/clean/fpb/stem-9/output.txt",
        "{}/items/clean/tfns.parquet",
        "nobody/items/clean/fpb.jsonl",
    ],
)
def test_what_does_not_exist_is_404(client: Client, base: str, made: Submission, path: str) -> None:
    response = client.get(f"/submissions/{path.format(made.pk)}")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_the_newest_score_is_shown_and_an_older_one_can_be_asked_for(
    client: Client, made: Submission, tmp_path: Path
) -> None:
    for version, rows in (("1", item_cast.FOUR[:1]), ("2", item_cast.FOUR)):
        item_cast.score(made, {"fpb": item_cast.stored(rows, tmp_path)}, version=version)
    base = f"/submissions/{made.pk}/items/clean/fpb/"
    assert listed(client, base) == [1, 2, 3, 4]
    assert listed(client, f"{base}?evaluator=1&suite=1") == [1]
    run = client.get(f"/submissions/{made.pk}/").content.decode()
    assert f'href="{base}"' in run and f'href="{base}?evaluator=1&amp;suite=1"' in run
    item = f"{base}stem-0/?evaluator=1&suite=1"
    assert html.escape(item) in client.get(f"{base}?evaluator=1&suite=1").content.decode()


def test_the_number_of_queries_does_not_grow_with_the_items(
    client: Client, made: Submission, tmp_path: Path
) -> None:
    item_cast.score(made, {"fpb": item_cast.stored(many(1), tmp_path)})
    more = item_cast.submission(made.owner)
    item_cast.score(more, {"fpb": item_cast.stored(many(300), tmp_path)})
    counted = {}
    for pk in (made.pk, more.pk):
        for rest in ("/", "/stem-0/", ".jsonl"):
            with CaptureQueriesContext(connection) as queries:
                client.get(f"/submissions/{pk}/items/clean/fpb{rest}")
            counted.setdefault(rest, []).append(len(queries))
    assert counted == {"/": [3, 3], "/stem-0/": [3, 3], ".jsonl": [3, 3]}


def test_the_parquet_file_is_the_stored_one_and_never_sent_twice(
    client: Client, base: str, made: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = made.scores.get().tasks.first().items
    first = client.get(base[:-1] + ".parquet")
    content = b"".join(first.streaming_content)
    assert content == storage.read(digest)
    assert first.headers["ETag"] == f'"{digest}"'
    assert f'filename="{made.pk}-clean-fpb.parquet"' in first.headers["Content-Disposition"]
    assert pq.read_table(io.BytesIO(content)).num_rows == 4
    monkeypatch.setattr(storage, "open_stored", lambda digest: pytest.fail("opened"))
    again = client.get(base[:-1] + ".parquet", HTTP_IF_NONE_MATCH=f'"{digest}"')
    assert again.status_code == 304 and again.headers["ETag"] == f'"{digest}"'


def test_only_an_address_that_names_its_score_may_be_kept_for_ever(
    client: Client, base: str
) -> None:
    """The newest score is another one after the next evaluation."""
    file = base[:-1] + ".parquet"
    assert client.get(file).headers["Cache-Control"] == "no-cache"
    pinned = client.get(f"{file}?evaluator=2&suite=1")
    assert pinned.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert f'href="{file}?evaluator=2&amp;suite=1"' in client.get(base).content.decode()


def test_json_lines_are_the_same_rows(client: Client, base: str, made: Submission) -> None:
    response = client.get(base[:-1] + ".jsonl")
    rows = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
    stored = storage.read(made.scores.get().tasks.first().items)
    assert rows == pq.read_table(io.BytesIO(stored)).to_pylist()
    tag = response.headers["ETag"]
    assert client.get(base[:-1] + ".jsonl", HTTP_IF_NONE_MATCH=tag).status_code == 304


@pytest.fixture
def hostile(made: Submission, tmp_path: Path) -> str:
    """An item whose every text is hostile, and one that is only long."""
    evil = item_cast.row(
        "x/<b>?", EVIL + HIDDEN, EVIL + HIDDEN, EVIL, EVIL + ".", group=EVIL, echo=EVIL,
        reason=EVIL + HIDDEN, stdout=EVIL + HIDDEN, options=[EVIL, "b"], seconds=1.0,
        loglikelihoods=[-1.0, -2.0],
    )  # fmt: skip
    long = item_cast.program(1, 0, False, "passed", output="\n" + "A" * 1_000_000, stdout="B")
    item_cast.score(made, {"fpb": item_cast.stored([evil, long], tmp_path)})
    return f"/submissions/{made.pk}/items/clean/fpb/"


def test_what_models_write_is_never_markup(client: Client, hostile: str) -> None:
    for address in (hostile, f"{hostile}x/%3Cb%3E%3F/", f"{hostile}?search=%3Cscript%3E%22'"):
        response = client.get(address)
        page = response.content.decode()
        assert response.status_code == 200
        assert "<script>alert" not in page and "<img src=x" not in page and "<b>?" not in page
        assert not INLINE.search(page.replace("onerror=alert", ""))
        assert "&lt;script&gt;" in page and "{{ 1|add:1 }}" in html.unescape(page)


def test_what_nobody_sees_is_shown_and_moves_nothing(client: Client, hostile: str) -> None:
    page = client.get(f"{hostile}x/%3Cb%3E%3F/").content.decode()
    assert not re.search("[\u202e\u200b\x00\x1b\r\x85]", page)
    for name in ("U+202E", "U+200B ×2", "NUL", "ESC", "CR", "U+0085"):
        assert f'<span class="sign">{name}</span>' in page
    assert page.count('dir="auto"') >= 4 and "<bdi>" in page


def test_a_very_long_answer_is_cut_with_a_way_to_the_whole(client: Client, hostile: str) -> None:
    response = client.get(f"{hostile}code-1/")
    assert len(response.content) < 100_000
    assert "940,001 more characters. The whole text" in text_of(response)
    whole = client.get(f"{hostile}code-1/output.txt?evaluator=2&suite=1")
    assert whole.content.decode() == "\n" + "A" * 1_000_000
    assert whole.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"


def test_a_raw_text_is_exactly_what_is_stored(client: Client, hostile: str) -> None:
    text = client.get(f"{hostile}x/%3Cb%3E%3F/output.txt")
    assert text.content.decode() == EVIL + HIDDEN
    assert text.headers["Content-Type"].startswith("text/plain")


def test_a_text_that_begins_with_an_empty_line_keeps_it(client: Client, hostile: str) -> None:
    """Browsers drop the first line break inside <pre>; ours comes before the text's own."""
    page = client.get(f"{hostile}code-1/").content.decode()
    assert 'aria-label="Output">\n\nAAAA' in page


def test_special_tokens_can_be_told_from_text() -> None:
    template = engines["django"].from_string("{% load texts %}{{ text|visible }}")
    assert template.render({"text": "a <|im_end|> </s> <p>"}) == (
        'a <span class="token">&lt;|im_end|&gt;</span> <span class="token">&lt;/s&gt;</span> '
        "&lt;p&gt;"
    )


def test_the_submission_page_leads_to_every_tests_questions(
    client: Client, base: str, made: Submission
) -> None:
    response = client.get(f"/submissions/{made.pk}/")
    page = response.content.decode()
    assert f'href="{base}"' in page and f'href="{base.replace("fpb", "fiqa")}"' in page
    assert "4 questions" in text_of(response)


def test_item_pages_have_one_heading_a_title_and_unique_ids(client: Client, programs: str) -> None:
    for address in (programs, f"{programs}code-1/"):
        page = client.get(address).content.decode()
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert page.count("<h1") == 1 and len(ids) == len(set(ids))
        assert not INLINE.search(page)
