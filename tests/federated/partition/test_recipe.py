"""What a recipe says of its partition."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from federated import hub
from federated.domains import DOMAINS
from federated.partition import split
from federated.reading import read
from federated.recipe import Data, Recipe

RECIPES = Path(__file__).parents[3] / "federated" / "recipes"


def test_a_recipe_without_a_column_is_written_as_before_there_was_one() -> None:
    assert set(Data().model_dump(mode="json")) == {
        "revision", "partition", "concentration", "partition_seed", "input", "train_eos",
    }  # fmt: skip


def test_a_column_is_kept_through_writing_and_reading() -> None:
    recipe = Recipe(
        name="x", domain="code", data=Data(partition="natural", partition_by="user/id 2")
    )
    plain = recipe.as_dict()
    assert plain["data"]["partition_by"] == "user/id 2"
    assert Recipe.model_validate(plain) == recipe


@pytest.mark.parametrize("column", ["a\nb", "x" * 81, "<b>"])
def test_a_column_name_is_a_short_plain_one(column: str) -> None:
    with pytest.raises(ValidationError, match="partition_by"):
        Data(partition_by=column)


def test_the_shipped_recipes_of_new_partitions_are_read() -> None:
    def data(place: str) -> Data:
        return read((RECIPES / place).read_text("utf-8")).data

    natural = data("medical-mini/more/fedavg-natural.toml")
    assert (natural.partition, natural.partition_by) == ("natural", "category")
    quantity = data("finance-mini/more/fedavg-quantity.toml")
    assert (quantity.partition, quantity.concentration) == ("quantity", 0.3)


@pytest.mark.parametrize(
    "place", sorted(str(f.relative_to(RECIPES)) for f in RECIPES.glob("*-mini/more/*.toml"))
)
def test_the_practice_data_can_be_cut_as_each_shipped_recipe_asks(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUB_MIRROR", raising=False)
    recipe = read((RECIPES / place).read_text("utf-8"))
    domain = DOMAINS[recipe.domain]
    table = hub.load_table(hub.pin_dataset(domain.dataset), columns=domain.columns)
    shares = split(table, domain, domain.clients, recipe.data)
    assert sum(map(len, shares)) == len(table)
    assert min(map(len, shares)) >= 1
