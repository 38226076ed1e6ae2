"""A recipe is read whole or refused with every reason and its place."""

from __future__ import annotations

import pytest

from federated.reading import BadRecipe, Problem, find_line, read
from federated.recipe import Recipe

SOUND = 'name = "mine"\ndomain = "finance"\n'

BAD = """name = "bad"
domain = "finance"
colour = "red"
[lora]
rank = 0
rnak = 4
[train]
rounds = "ten"
[method]
name = "fedprox"
mu = -1
"""


def problems(text: str, **overrides: str) -> dict[str, Problem]:
    with pytest.raises(BadRecipe) as caught:
        read(text, overrides)
    return {problem.place: problem for problem in caught.value.problems}


def test_the_defaults_are_the_published_template() -> None:
    recipe = read(SOUND)
    assert recipe.base.model == "mistralai/Mistral-7B-v0.3"
    assert recipe.base.quantization == "4bit"
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.dropout) == (32, 64, 0.075)
    assert recipe.lora.targets == ("q_proj", "v_proj")
    assert (recipe.train.rounds, recipe.train.local_steps, recipe.train.batch_size) == (200, 10, 16)
    assert (recipe.train.learning_rate_max, recipe.train.learning_rate_min) == (5e-5, 1e-6)
    assert (recipe.clients, recipe.fraction, recipe.budget.megabytes) == (50, 0.1, 200_000)


def test_every_problem_is_told_at_once_with_its_line() -> None:
    found = problems(BAD)
    assert {place: problem.line for place, problem in found.items()} == {
        "colour": 3,
        "lora.rank": 5,
        "lora.rnak": 6,
        "train.rounds": 8,
        "method.mu": 11,
    }
    assert "found 0" in found["lora.rank"].message
    assert "did you mean 'rank'" in found["lora.rnak"].hint


def test_a_missing_name_and_an_unknown_domain_are_told() -> None:
    found = problems('domain = "finanse"')
    assert found["name"].message == "missing"
    assert "did you mean 'finance'" in found["domain"].message


def test_an_unknown_method_is_answered_with_the_near_ones() -> None:
    found = problems(SOUND + 'method = "fedavgg"')
    assert "'fedavg'" in found["method"].message


def test_a_parameter_of_another_method_is_refused() -> None:
    assert "method.mu" in problems(SOUND + '[method]\nname = "fedavg"\nmu = 1.0')


def test_a_misspelt_parameter_is_answered_with_the_methods_own() -> None:
    found = problems(SOUND + '[method]\nname = "fedprox"\nmuu = 1.0')
    assert "did you mean 'mu'" in found["method.muu"].hint


def test_names_of_the_wrong_kind_are_told_in_words() -> None:
    found = problems('name = ""\ndomain = "finance"\n[base]\nmodel = "no slash"')
    assert found["name"].message == "empty"
    assert found["base.model"].message == "found 'no slash', which is not a name of this kind"


def test_text_that_is_not_toml_names_its_line() -> None:
    assert problems('name = "a"\nrounds = = 3')["file"].line == 2


def test_bytes_that_are_not_utf8_and_files_too_large_are_refused() -> None:
    for content in (b'name = "a"\nx = "\xff"', b"#" * 100_000):
        with pytest.raises(BadRecipe):
            read(content)


def test_overrides_win_and_words_need_no_quotes() -> None:
    recipe = read(SOUND, {"base.model": "tiny/llama", "train.rounds": "3"})
    assert (recipe.base.model, recipe.train.rounds) == ("tiny/llama", 3)


def test_the_check_also_runs_on_the_sound_part_of_a_bad_recipe() -> None:
    def check(recipe: Recipe) -> list[Problem]:
        return [Problem("base.model", None, f"unknown {recipe.base.model}")]

    with pytest.raises(BadRecipe) as caught:
        read(SOUND + '[base]\nmodel = "no/such"\n[lora]\nrank = 0', check=check)
    assert [str(problem).split(":")[0] for problem in caught.value.problems] == [
        "line 6, lora.rank",
        "line 4, base.model",
    ]


def test_a_recipe_survives_its_own_plain_form() -> None:
    recipe = read(SOUND + '[method]\nname = "fedprox"\nmu = 0.5')
    assert Recipe.model_validate(recipe.as_dict()) == recipe


@pytest.mark.parametrize(
    ("location", "line"),
    [(("a",), 1), (("t", "b"), 3), (("t", "c", "d"), 4), (("t", "zzz"), 2), (("zzz",), None)],
)
def test_lines_are_found_through_tables_and_dotted_keys(
    location: tuple[str, ...], line: int | None
) -> None:
    assert find_line("a = 1\n[t]\nb = 2\nc.d = 3\n", location) == line


@pytest.mark.parametrize("character", ["\\u0000", "\\u001b"])
def test_control_characters_are_no_part_of_a_name(character: str) -> None:
    found = problems(f'name = "a{character}b"\ndomain = "finance"\n')
    assert "control character" in found["name"].message


def test_a_description_may_have_lines() -> None:
    assert read(SOUND + 'description = "one\\ntwo"\n').description == "one\ntwo"
