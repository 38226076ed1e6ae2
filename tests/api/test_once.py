"""Sending twice and many at once: one submission a key, and never more than the quota."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from leaderboard.api import handing_in
from leaderboard.models import IdempotencyKey, QuotaUse, Submission

from .conftest import BAD, GOOD, RECIPE, Program, error

pytestmark = pytest.mark.django_db


class TestIdempotency:
    """The same request again."""

    def test_ten_times_the_same_makes_one(self, alice: Any, alices: Program) -> None:
        answers = [alices.post("/submissions", GOOD, Idempotency_Key="k1") for _ in range(10)]
        assert {a.status_code for a in answers} == {201}
        assert all(answer.json() == answers[0].json() for answer in answers)
        assert Submission.objects.count() == 1 and QuotaUse.objects.get().used == 1

    def test_the_same_key_with_something_else_is_refused(self, alices: Program) -> None:
        alices.post("/submissions", GOOD, Idempotency_Key="k1")
        other = {"recipe": RECIPE.replace("By program", "Another")}
        answer = alices.post("/submissions", other, Idempotency_Key="k1")
        assert answer.status_code == 409 and error(answer)["code"] == "idempotency"
        assert Submission.objects.count() == 1

    def test_a_key_is_ones_own(self, alices: Program, bobs: Program) -> None:
        first = alices.post("/submissions", GOOD, Idempotency_Key="k1").json()
        second = bobs.post("/submissions", GOOD, Idempotency_Key="k1").json()
        assert first["owner"], second["owner"] == ("alice", "bob")
        assert Submission.objects.count() == 2

    def test_after_a_refusal_the_key_is_free(self, alices: Program) -> None:
        assert alices.post("/submissions", BAD, Idempotency_Key="k1").status_code == 422
        assert alices.post("/submissions", GOOD, Idempotency_Key="k1").status_code == 201

    def test_while_the_first_is_being_answered_others_wait(
        self, alice: Any, alices: Program
    ) -> None:
        alices.post("/submissions", GOOD, Idempotency_Key="k1")
        IdempotencyKey.objects.update(status=None)
        answer = alices.post("/submissions", GOOD, Idempotency_Key="k1")
        assert answer.status_code == 409 and answer["Retry-After"] == "1"
        assert Submission.objects.count() == 1

    def test_after_a_day_the_key_is_forgotten(self, alices: Program) -> None:
        alices.post("/submissions", GOOD, Idempotency_Key="k1")
        IdempotencyKey.objects.update(created=timezone.now() - timedelta(days=1, seconds=1))
        other = {"recipe": RECIPE.replace("By program", "Another")}
        answer = alices.post("/submissions", other, Idempotency_Key="k1")
        assert answer.json()["name"] == "Another"

    def test_a_request_that_broke_leaves_the_key_free(
        self, alices: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*given: Any, **more: Any) -> None:
            raise RuntimeError

        with monkeypatch.context() as patch:
            patch.setattr(handing_in, "hand_in", broken)
            assert alices.post("/submissions", GOOD, Idempotency_Key="k1").status_code == 500
        assert not IdempotencyKey.objects.exists()
        assert alices.post("/submissions", GOOD, Idempotency_Key="k1").status_code == 201

    @pytest.mark.parametrize("key", ["a b", "é", "k" * 121])
    def test_a_key_that_is_none_is_refused(self, alices: Program, key: str) -> None:
        assert alices.post("/submissions", GOOD, Idempotency_Key=key).status_code == 422


def test_an_answer_that_was_kept_is_plain_json(alices: Program) -> None:
    made = alices.post("/submissions", GOOD, Idempotency_Key="k1").json()
    assert json.loads(json.dumps(IdempotencyKey.objects.get().response)) == made


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Many requests in the same moment, on whatever database the tests run."""

    @staticmethod
    def together(program: Program, count: int, headers: Any) -> list[int]:
        def one(number: int) -> int:
            own = Program()
            own.headers = program.headers
            try:
                return own.post("/submissions", GOOD, **headers(number)).status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(10) as pool:
            return list(pool.map(one, range(count)))

    def test_fifty_against_a_quota_of_five_make_exactly_five(
        self, alice: Any, alices: Program, settings: Any
    ) -> None:
        settings.SUBMISSIONS_A_DAY = 5
        statuses = self.together(alices, 50, lambda number: {})
        assert sorted(statuses) == [201] * 5 + [429] * 45
        assert Submission.objects.count() == 5 and QuotaUse.objects.get().used == 5

    def test_ten_times_the_same_key_make_one(self, alice: Any, alices: Program) -> None:
        statuses = self.together(alices, 10, lambda number: {"Idempotency_Key": "k1"})
        assert set(statuses) <= {201, 409} and 201 in statuses
        assert Submission.objects.count() == 1 and QuotaUse.objects.get().used == 1
