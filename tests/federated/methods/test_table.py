"""The method table and the federations its methods ask for."""

from __future__ import annotations

import subprocess
import sys

from federated.methods import METHODS
from federated.reading import read


def cohort(method: str) -> tuple[int, int, int, object]:
    found = read(f'name = "x"\ndomain = "finance"\nmethod = "{method}"').cohort
    return found.clients, found.per_round, found.steps, found.members


def test_fedavg_draws_five_of_fifty_clients_in_finance() -> None:
    assert cohort("fedavg") == (50, 5, 10, None)


def test_one_client_is_alone_with_its_share() -> None:
    assert cohort("one-client") == (50, 1, 10, (0,))


def test_all_data_in_one_place_sees_as_many_examples_as_the_federation() -> None:
    assert cohort("centralised") == (1, 1, 50, None)


def test_every_method_says_what_it_is() -> None:
    for key, method in METHODS.items():
        assert method.key == key
        assert method.title and method.paper and method.summary
        assert method.trains == (method.strategy is not None)


def test_the_table_imports_no_torch() -> None:
    code = "import federated.methods, federated.recipe, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
