"""The API's page and its description: complete, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from leaderboard.api import api

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema() -> Any:
    return api.get_openapi_schema()


def test_every_operation_and_record_is_on_the_page(client: Client, schema: Any) -> None:
    page = client.get("/api/v1/docs").content.decode()
    for path, methods in schema["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}<" in page
    for name in schema["components"]["schemas"]:
        assert f'id="record-{name}"' in page


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(client: Client) -> None:
    page = client.get("/api/v1/docs").content.decode()
    loaded = re.findall(r"<(?:script|link|img|iframe)[^>]*?(?:src|href)=\"([^\"]*)\"", page)
    assert loaded and all(address.startswith("/static/") for address in loaded)
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=|<style", page)


def test_the_description_is_served_and_names_no_operation_twice(
    client: Client, schema: Any
) -> None:
    served = client.get("/api/v1/openapi.json").json()
    assert served["openapi"].startswith("3.") and set(served["paths"]) == set(schema["paths"])
    operations = [one for methods in served["paths"].values() for one in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation["description"] for operation in operations)


def test_only_what_is_public_is_open_to_nobody_in_particular(schema: Any) -> None:
    open_to_all = {
        f"{method} {path}"
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if {} in operation["security"]
    }
    assert all(operation.startswith("get ") for operation in open_to_all)
    assert len(open_to_all) == 9


def test_no_operation_is_without_a_guard(schema: Any) -> None:
    views = [view for _, router in api._routers for view in router.path_operations.values()]
    operations = [operation for view in views for operation in view.operations]
    assert len(operations) == sum(len(methods) for methods in schema["paths"].values())
    assert [one.view_func for one in operations if not one.auth_callbacks] == []
