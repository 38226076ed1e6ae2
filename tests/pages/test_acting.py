"""What changes something: signing in, checking, submitting, cancelling."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from federated.domains import DOMAINS
from federated.errors import EngineError
from leaderboard import services, validation
from leaderboard.forms import RecipeForm

pytestmark = pytest.mark.django_db

FORM = "/submit/finance-mini"
TOML = "/submit/finance-mini?as=toml"
WRONG_TOML = """\
name = "Mine"
domain = "finance-mini"

[train]
rounds = 0
colour = "blue"

[method]
name = "fedprx"
"""


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """The schema decides; what the hub has is another room's test."""
    monkeypatch.setattr(validation, "check", lambda recipe: [])


@pytest.fixture
def handed_in(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What reaches the service, in order."""
    calls: list[Any] = []

    def submit(owner: Any, recipe: Any, text: str, **more: Any) -> Any:
        calls.append((owner, recipe, text))
        return SimpleNamespace(pk="k7m2xq")

    monkeypatch.setattr(services.hand_in, "hand_in_recipe", submit)
    return calls


@pytest.fixture
def page(client: Client, alice: Any, records: Any) -> Client:
    """Alice's browser."""
    client.force_login(alice)
    return client


def filled(**changes: Any) -> dict[str, Any]:
    """The form as it is shown, with a name and some changes (dots written as __)."""
    form = RecipeForm(DOMAINS["finance-mini"])
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    return data | {"name": "Mine"} | {key.replace("__", "."): v for key, v in changes.items()}


def test_the_form_as_shown_is_a_sound_recipe_and_checking_hands_nothing_in(
    page: Client, handed_in: list[Any]
) -> None:
    response = page.post(FORM, filled(action="check"))
    assert response.status_code == 200
    assert "This recipe is sound" in response.content.decode()
    assert handed_in == []


def test_without_a_button_a_form_is_only_checked(page: Client, handed_in: list[Any]) -> None:
    page.post(FORM, filled())
    assert handed_in == []


def test_submitting_goes_to_the_new_page_with_the_recipe_as_typed(
    page: Client, alice: Any, handed_in: list[Any]
) -> None:
    changes = {"method": "fedprox", "method__fedprox__mu": "0.5", "train__rounds": "7"}
    response = page.post(FORM, filled(action="submit", **changes))
    assert (response.status_code, response.headers["Location"]) == (302, "/submissions/k7m2xq/")
    ((owner, recipe, text),) = handed_in
    assert owner == alice and recipe.domain == "finance-mini" and recipe.train.rounds == 7
    assert recipe.method.parameters.mu == 0.5
    assert validation.parse(text) == recipe


def test_the_form_starts_with_the_domains_base_model(page: Client) -> None:
    assert 'value="mini/llama-1m"' in page.get(FORM).content.decode()


def test_an_unticked_box_is_a_no_and_a_list_is_split_at_commas(
    page: Client, handed_in: list[Any]
) -> None:
    data = filled(action="submit", lora__targets="q_proj, k_proj ,v_proj")
    del data["data.train_eos"]
    page.post(FORM, data)
    recipe = handed_in[0][1]
    assert recipe.data.train_eos is False
    assert recipe.lora.targets == ("q_proj", "k_proj", "v_proj")


def test_every_problem_stands_at_its_field_and_nothing_typed_is_lost(
    page: Client, handed_in: list[Any]
) -> None:
    wrong = {
        "name": "",
        "train__rounds": "0",
        "lora__targets": "q proj",
        "base__model": "no-slash",
        "method": "fedprox",
        "method__fedprox__mu": "-1",
        "description": "kept <as> typed",
    }
    response = page.post(FORM, filled(action="submit", **wrong))
    html = response.content.decode()
    assert response.status_code == 422 and handed_in == []
    assert "5 fields need another look" in html
    for place in ("name", "train.rounds", "lora.targets", "base.model", "method.fedprox.mu"):
        assert f'id="field-{place}_error"' in html
    assert (
        "kept &lt;as&gt; typed" in html and 'value="no-slash"' in html and 'value="q proj"' in html
    )
    assert 'id="method-fedprox" value="fedprox" checked' in html


def test_an_unknown_method_is_told_at_the_chooser(page: Client) -> None:
    html = page.post(FORM, filled(method="fedprx")).content.decode()
    assert "did you mean &#x27;fedprox&#x27;?" in html


def test_a_rule_between_two_fields_is_shown_too(page: Client) -> None:
    data = filled(train__learning_rate_min="0.1", train__learning_rate_max="0.01")
    response = page.post(FORM, data)
    assert response.status_code == 422
    assert "is above learning_rate_max" in response.content.decode()


def test_a_refused_text_shows_every_problem_with_its_line_and_keeps_the_text(
    page: Client, handed_in: list[Any]
) -> None:
    response = page.post(TOML, {"text": WRONG_TOML, "action": "submit"})
    html = response.content.decode()
    assert response.status_code == 422 and handed_in == []
    assert "3 problems in this recipe" in html
    assert "Line 5, <code>train.rounds</code>" in html and "<pre>rounds = 0</pre>" in html
    assert "Line 6, <code>train.colour</code>" in html
    assert "colour = &quot;blue&quot;" in html.split("<textarea")[1]


def test_a_file_is_used_instead_of_the_text(page: Client, handed_in: list[Any]) -> None:
    chosen = SimpleUploadedFile("r.toml", b'name = "From a file"\ndomain = "finance-mini"\n')
    page.post(TOML, {"text": WRONG_TOML, "file": chosen, "action": "submit"})
    assert handed_in[0][1].name == "From a file"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "not UTF-8 text"),
        (b"#" * 70_000, "at most 65536 are read"),
        (b"", "the text is empty"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(page: Client, content: bytes, words: str) -> None:
    chosen = SimpleUploadedFile("r.toml", content)
    response = page.post(TOML, {"text": "", "file": chosen, "action": "check"})
    assert response.status_code == 422 and words in response.content.decode()


def test_one_can_start_from_another_recipe(page: Client, records: Any) -> None:
    html = page.get(f"{TOML}&from=p2bls8").content.decode()
    assert "mu = 0.01" in html.split("<textarea")[1]
    assert page.get(f"{TOML}&from=nobody").status_code == 404


def test_a_hub_that_fails_at_the_last_moment_is_told_on_the_form(
    page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def submit(owner: Any, recipe: Any, text: str, **more: Any) -> Any:
        raise EngineError("the hub is away")

    monkeypatch.setattr(services.hand_in, "hand_in_recipe", submit)
    response = page.post(FORM, filled(action="submit"))
    assert response.status_code == 422 and "the hub is away" in response.content.decode()


def test_a_used_up_day_is_told_on_the_form(page: Client, settings: Any) -> None:
    settings.SUBMISSIONS_A_DAY = 0
    response = page.post(FORM, filled(action="submit"))
    assert response.status_code == 422
    assert "0 of 0 submissions of today are used" in response.content.decode()


@pytest.mark.parametrize("path", ["/submissions/k7m2xq/cancel", "/sign-out/"])
def test_looking_never_changes_anything(page: Client, path: str) -> None:
    assert page.get(path).status_code == 405


@pytest.mark.parametrize("path", ["/submissions/k7m2xq/cancel", FORM, TOML, "/sign-out/"])
def test_a_post_from_another_site_is_refused(alice: Any, records: Any, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(path, filled(action="submit")).status_code == 403


def test_cancelling_goes_back_to_the_page(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(
        services, "cancel", lambda key, user: not asked.append((key, user.username))
    )
    response = page.post("/submissions/k7m2xq/cancel")
    assert response.headers["Location"] == "/submissions/k7m2xq/"
    assert asked == [("k7m2xq", "alice")]


def test_bob_cannot_cancel_alices_run(
    client: Client, bob: Any, records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "cancel", lambda key, user: False)
    client.force_login(bob)
    assert "Cancel this run" not in client.get("/submissions/k7m2xq/").content.decode()
    assert client.post("/submissions/k7m2xq/cancel").status_code == 403


def test_cancelling_what_has_ended_meanwhile_is_no_error(
    page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "cancel", lambda key, user: False)
    assert page.post("/submissions/p2bls8/cancel").status_code == 302


def test_a_stranger_is_asked_to_sign_in_before_cancelling(client: Client, records: Any) -> None:
    response = client.post("/submissions/k7m2xq/cancel")
    assert response.status_code == 302 and "/sign-in/" in response.headers["Location"]


def test_signing_in_leads_back_but_never_to_another_site(
    client: Client, alice: Any, records: Any
) -> None:
    words = {"login": "alice", "password": "correct horse battery"}
    assert client.post("/sign-in/", words | {"next": FORM}).headers["Location"] == FORM
    client.logout()
    elsewhere = client.post("/sign-in/", words | {"next": "https://evil.example/"})
    assert elsewhere.headers["Location"] == "/"


def test_a_wrong_password_does_not_tell_which_part_was_wrong(client: Client, alice: Any) -> None:
    answers = [
        client.post("/sign-in/", {"login": name, "password": "wrong"}).content.decode()
        for name in ("alice", "nobody")
    ]
    assert all("do not go together" in answer for answer in answers)
