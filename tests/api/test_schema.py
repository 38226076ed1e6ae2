"""Requests made up from the API's own description, sound and unsound: no answer is a 500."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)

from leaderboard import queries
from leaderboard.services import tokens
from leaderboard.wsgi import application
from tests.leaderboard import item_cast

pytestmark = pytest.mark.django_db

SCHEMA = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
EXAMPLES = 25


@pytest.fixture
def known(alice: Any, tmp_path: Any, settings: Any) -> dict[str, str]:
    """Alice's token and a scored submission; nothing is used up."""
    settings.API_A_MINUTE = settings.SUBMISSIONS_A_DAY = 10**6
    found = item_cast.submission(alice)
    rows = [item_cast.choice(place, "Which?", "A", "A") for place in range(4)]
    item_cast.score(found, {"fpb": item_cast.stored(rows, tmp_path)})
    token = tokens.make(alice, "made up", ["read", "submit", "manage"]).text
    return {"submission_id": found.pk, "protocol": "clean", "task": "fpb", "token": token}


@pytest.fixture(autouse=True)
def open_connection() -> Iterator[None]:
    """The end of a request closes no connection: the test's transaction is in it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
def test_no_request_is_answered_with_a_500(case: Any, known: dict[str, str]) -> None:
    # Every other id is one that is there.
    for name, value in dict(case.path_parameters or {}).items():
        if name in known and len(str(value)) % 2:
            case.path_parameters[name] = known[name]
    answer = case.call(headers={"Authorization": f"Bearer {known['token']}"})
    case.validate_response(answer, checks=CHECKS)


def test_the_checks_would_notice(known: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError

    monkeypatch.setattr(queries, "landing", broken)
    case = SCHEMA["/api/v1/benchmarks"]["GET"].Case()
    with pytest.raises(FailureGroup):
        case.validate_response(case.call(), checks=CHECKS)
