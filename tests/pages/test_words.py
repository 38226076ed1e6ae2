"""The recipe's schema and the method table, as pages read them."""

from __future__ import annotations

import tomllib

import pytest

from federated.methods import METHODS
from federated.recipe import Recipe
from leaderboard import methods, schema
from leaderboard.recipe_text import to_toml


def items() -> dict[str, schema.Item]:
    """Every field of the recipe, by its place."""
    return {item.place: item for section in schema.sections() for item in section.items}


def test_every_field_of_the_recipe_is_in_the_form() -> None:
    # partition_by is left out where it is empty, so that recipes from before it keep their digest.
    natural = {"partition": "natural", "partition_by": "output"}
    plain = Recipe(name="a", domain="finance-mini", data=natural).as_dict()
    expected = {f"{k}.{i}" for k, v in plain.items() if isinstance(v, dict) for i in v} - {
        "method.name"
    }
    assert set(items()) == expected
    assert [item.place for item in schema.opening()] == ["name", "description", "seed"]


def test_a_field_keeps_its_words_its_bounds_and_its_default() -> None:
    rounds = items()["train.rounds"]
    assert (rounds.title, rounds.kind, rounds.default) == ("Rounds", "integer", 200)
    assert (rounds.low, rounds.high, rounds.bounds) == (1, 10_000, "1 to 10,000")


def test_an_open_bound_is_said_as_one() -> None:
    assert items()["lora.dropout"].bounds == "0 or more, below 1"
    assert items()["train.fraction"].bounds == "above 0, at most 1"


def test_a_closed_set_becomes_choices_and_a_tuple_a_list() -> None:
    assert items()["data.partition"].choices == ("iid", "dirichlet", "natural", "quantity")
    assert items()["lora.targets"].kind == "list"
    assert items()["train.fraction"].kind == "number"


def test_every_method_has_a_card_and_controls_come_last() -> None:
    found = methods.cards()
    assert {card.key for card in found} == set(METHODS)
    assert [card.control for card in found] == sorted(card.control for card in found)


def test_a_method_tells_its_paper_and_what_is_faithful() -> None:
    card = methods.find("fedprox")
    assert card is not None
    assert card.paper_url == "https://arxiv.org/abs/1812.06127"
    assert card.opening.startswith("FedProx: Li et al.")
    assert card.faithful.startswith("The client really adds")
    assert [item.place for item in card.parameters] == ["method.fedprox.mu"]


def test_an_unknown_method_has_no_card() -> None:
    assert methods.find("fedprx") is None


@pytest.mark.parametrize("method", list(METHODS))
def test_a_recipe_written_as_toml_reads_back_as_itself(method: str) -> None:
    hard = 'quotes " and \\ and\nnew lines, tabs\t, \x7f and \u00fcmlauts'
    recipe = Recipe.model_validate(
        {"name": hard[:80], "description": hard, "domain": "finance-mini", "method": method}
    )
    assert Recipe.model_validate(tomllib.loads(to_toml(recipe))) == recipe
