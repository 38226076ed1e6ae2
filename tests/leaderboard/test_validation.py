"""Every reason why not, at once, each with its place."""

from __future__ import annotations

from typing import Any

import pytest

from federated import hub
from federated.errors import HubUnreachable
from federated.reading import BadRecipe
from leaderboard import provenance, validation
from tests.leaderboard.helpers import recipe

SOUND = """\
name = "A run"
domain = "finance"

[base]
model = "tiny/llama"

[train]
rounds = 3
"""


def problems(text: str, **overrides: str) -> dict[str, tuple[int | None, str, str]]:
    with pytest.raises(BadRecipe) as refused:
        validation.parse(text, {key.replace("__", "."): v for key, v in overrides.items()})
    return {p.place: (p.line, p.message, p.hint) for p in refused.value.problems}


def test_a_sound_recipe_is_read() -> None:
    assert validation.parse(SOUND).train.rounds == 3
    assert validation.parse(SOUND.encode(), {"train.rounds": "4"}).train.rounds == 4


def test_the_same_problems_are_found_in_a_forms_values() -> None:
    with pytest.raises(BadRecipe) as refused:
        validation.parse_values(
            {"name": "x", "domain": "finance", "base": {"model": "tiny/lama"}, "seed": "soon"}
        )
    assert {problem.place for problem in refused.value.problems} == {"base.model", "seed"}


def test_an_unknown_model_is_answered_with_the_near_one() -> None:
    line, message, _ = problems(SOUND.replace("tiny/llama", "tiny/lama"))["base.model"]
    assert line == 5
    assert "tiny/llama" in message


def test_a_wrong_revision_is_not_taken_for_a_wrong_model() -> None:
    found = problems(SOUND, base__revision='"v9"')
    assert list(found) == ["base.revision"]


def test_an_unknown_dataset_revision_has_its_own_place() -> None:
    assert list(problems(SOUND, data__revision='"v9"')) == ["data.revision"]


def test_a_run_that_would_pass_its_budget_is_told_by_how_much() -> None:
    # rank 32 on q (4096+4096) and v (4096+1024), 32 layers: 13,631,488 parameters, 52 MiB.
    # 2 directions * 5 clients * 200 rounds * 52 MiB = 104,000 MiB.
    text = SOUND.replace("rounds = 3", "rounds = 200") + "\n[budget]\nmegabytes = 103_999\n"
    line, message, hint = problems(text)["budget.megabytes"]
    assert line == 11
    assert "104,000 MiB" in message and "103,999 MiB" in message
    assert "train.rounds" in hint
    validation.parse(text.replace("103_999", "104_000"))


def test_a_layer_the_base_lacks_is_told_before_queueing() -> None:
    found = problems(SOUND, lora__targets='["q_proj", "v_porj"]')
    assert "did you mean 'v_proj'" in found["lora.targets"][1]


def test_schema_hub_and_budget_are_told_together() -> None:
    found = problems(
        SOUND, base__model='"tiny/lama"', data__revision='"v9"', train__batch_size="0", sed="1"
    )
    assert set(found) == {"base.model", "data.revision", "train.batch_size", "sed"}


def test_a_hub_that_does_not_answer_is_not_the_recipes_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(*args: Any) -> None:
        raise HubUnreachable("The hub did not answer.")

    monkeypatch.setattr(hub, "pin_model", silent)
    _, message, hint = problems(SOUND)["base.model"]
    assert message == "The hub did not answer."
    assert "try again later" in hint


@pytest.mark.django_db
def test_what_is_submitted_is_pinned(submit: Any) -> None:
    submission = submit().submission
    assert submission.base_pin["source"] == "mirror"
    assert len(submission.base_pin["revision"]) == 12
    job = provenance.training_job(submission)
    assert job["base"] == submission.base_pin
    assert job["recipe"]["base"]["model"] == "tiny/llama"
    assert provenance.evaluation_job(submission)["suite"] == "finance"


def test_the_digest_of_a_recipe_is_of_what_it_means() -> None:
    assert provenance.recipe_digest(recipe()) == provenance.recipe_digest(recipe(seed=0))
    assert provenance.recipe_digest(recipe()) != provenance.recipe_digest(recipe(seed=1))
