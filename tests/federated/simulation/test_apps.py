"""Reading app directories: a real app, every way to be none, and overrides as Flower reads them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from flwr.clientapp import ClientApp
from flwr.common.config import flatten_dict, fuse_dicts, parse_config_args
from flwr.serverapp import ServerApp
from hypothesis import given
from hypothesis import strategies as st

from federated.simulation.apps import BadApp, load, override, read_manifest

QUICKSTART = Path(__file__).parent / "apps" / "quickstart"
NUMBERS = count()

MANIFEST = """
[project]
name = "tiny"
version = "1"
[tool.flwr.app]
publisher = "tests"
[tool.flwr.app.components]
serverapp = "{package}.apps:server"
clientapp = "{package}.apps:holder.client"
[tool.flwr.app.config]
rounds = 3
train.lr = 0.1
"""
CODE = """
from types import SimpleNamespace
from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp
server, holder = ServerApp(), SimpleNamespace(client=ClientApp(), number=3)
"""

MakeApp = Callable[..., Path]


@pytest.fixture
def make_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeApp:
    """A function: changes of the manifest -> an app directory whose package has a new name."""
    monkeypatch.setattr(sys, "path", sys.path[:])

    def make(*changes: tuple[str, str], code: str = CODE) -> Path:
        package = f"tiny_app_{next(NUMBERS)}"
        manifest = MANIFEST
        for old, new in changes:
            assert old in manifest
            manifest = manifest.replace(old, new)
        folder = tmp_path / package
        (folder / package).mkdir(parents=True)
        (folder / "pyproject.toml").write_text(manifest.replace("{package}", package))
        (folder / package / "__init__.py").touch()
        (folder / package / "apps.py").write_text(code)
        return folder

    return make


def test_an_app_is_its_two_components_and_flat_defaults(make_app: MakeApp) -> None:
    app = load(make_app())
    assert app.name == "tiny"
    assert isinstance(app.server_app, ServerApp)
    assert isinstance(app.client_app, ClientApp)
    assert app.run_config == {"rounds": 3, "train.lr": 0.1}
    assert app.federation == {}


def test_defaults_are_flattened_as_flower_flattens_them() -> None:
    import tomllib

    whole = tomllib.loads((QUICKSTART / "pyproject.toml").read_text())
    expected = flatten_dict(whole["tool"]["flwr"]["app"]["config"])
    assert read_manifest(QUICKSTART).run_config == expected
    assert expected["train.learning-rate"] == 0.1


def test_reading_a_manifest_imports_nothing_of_the_app(make_app: MakeApp) -> None:
    folder = make_app(code="raise RuntimeError")
    assert read_manifest(folder).serverapp == f"{folder.name}.apps:server"
    assert folder.name not in sys.modules


def test_an_older_app_says_how_many_supernodes_it_wants(make_app: MakeApp) -> None:
    older = """[tool.flwr.federations]
default = "small"
[tool.flwr.federations.small]
options.num-supernodes = 7
options.backend.client-resources.num-cpus = 2
[project]"""
    assert read_manifest(make_app(("[project]", older))).federation == {
        "num-supernodes": 7,
        "backend.client-resources.num-cpus": 2,
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[project]", "[project", "cannot be read as TOML"),
        ("tool.flwr.app", "tool.other", "has no [tool.flwr.app]"),
        ("app.components]", "app.parts]", "has no [tool.flwr.app.components]"),
        ("clientapp = ", "client = ", "There is no clientapp in [tool.flwr.app.components]"),
        ("serverapp = ", "agentapp = ", "holds an agent app"),
        (".apps:server", ".apps", 'is not "package.module:attribute"'),
        (".apps:server", ".apps:servant", "has no 'servant'"),
        (".apps:holder.client", ".apps:holder.number", "is of type int, ClientApp was wanted"),
        (".apps:server", ".apps:holder.client", "is of type ClientApp, ServerApp was wanted"),
        (".apps:server", ".missing:server", "ModuleNotFoundError: No module named"),
        ("rounds = 3", "rounds = [3]", "rounds in [tool.flwr.app.config]"),
    ],
)
def test_what_is_no_app_is_refused_in_words(
    make_app: MakeApp, old: str, new: str, words: str
) -> None:
    with pytest.raises(BadApp) as refused:
        load(make_app((old, new)))
    assert words in refused.value.message


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadApp, match=r"pyproject\.toml is not there"):
        load(tmp_path)


def test_a_defect_in_the_app_is_named_and_kept(make_app: MakeApp) -> None:
    with pytest.raises(BadApp, match="cannot be imported: ZeroDivisionError") as refused:
        load(make_app(code="1 / 0"))
    assert isinstance(refused.value.__cause__, ZeroDivisionError)


def test_a_namesake_that_is_already_imported_is_not_taken_for_the_app(
    make_app: MakeApp, tmp_path: Path
) -> None:
    first = make_app()
    load(first)
    second = tmp_path / "second"
    first.rename(second)
    with pytest.raises(BadApp, match="is already imported from"):
        load(second)


DEFAULTS = {"rounds": 3, "train.lr": 0.1, "train.name": "x", "flag": True}


def test_pairs_override_defaults_and_leave_the_others() -> None:
    changed = override(DEFAULTS, "rounds=5 train.lr=1e-3 train.name='a b' flag=false")
    assert changed == {"rounds": 5, "train.lr": 0.001, "train.name": "a b", "flag": False}
    assert DEFAULTS["rounds"] == 3


def test_of_several_overrides_the_later_counts_and_none_is_lost() -> None:
    changed = override(DEFAULTS, "train.lr=0.2", "train.name='y'", "train.lr=0.3")
    assert changed == {**DEFAULTS, "train.lr": 0.3, "train.name": "y"}


def test_a_toml_file_overrides_as_well(tmp_path: Path) -> None:
    file = tmp_path / "more.toml"
    file.write_text("[train]\nlr = 0.5\n")
    assert override(DEFAULTS, str(file)) == {**DEFAULTS, "train.lr": 0.5}
    with pytest.raises(BadApp, match="cannot be mixed"):
        override(DEFAULTS, "rounds=1", str(file))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("round=5", "unknown key 'round'; did you mean 'rounds'?"),
        ("train=5", "unknown key 'train'"),
        ("rounds=many", "is not TOML"),
        ("rounds=1 rounds=2", "is not TOML"),
        ("rounds = 5", "'rounds' in --run-config is not key=value"),
        ("rounds=5 verbose", "'verbose' in --run-config is not key=value"),
        ("rounds=[5]", "rounds in --run-config is of type list"),
        ("nowhere.toml", "nowhere.toml is not there"),
    ],
)
def test_an_override_that_does_not_fit_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadApp) as refused:
        override(DEFAULTS, text)
    assert words in refused.value.message


scalars = st.one_of(
    st.booleans().map(lambda value: str(value).lower()),
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.floats(allow_nan=False).map(repr),
    st.text("abc =.#-", max_size=8).map(lambda value: f"'{value}'"),
    st.text("abc =.#-", max_size=8).map(lambda value: f'"{value}"'),
)


@given(st.dictionaries(st.sampled_from(sorted(DEFAULTS)), scalars))
def test_overrides_are_read_as_flower_reads_them(pairs: dict[str, str]) -> None:
    text = " ".join(f"{key}={value}" for key, value in pairs.items())
    assert override(DEFAULTS, text) == fuse_dicts(DEFAULTS, parse_config_args([text]))
