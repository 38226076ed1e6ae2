"""A PEFT adapter that somebody trained: found, read and measured against the base it changes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from federated import hub
from federated.domains import DOMAINS
from federated.errors import EngineError
from federated.job import Pin
from federated.reading import Problem

from . import adapter_config, tensors
from .adapter_config import Config
from .adapter_shapes import MOST_TOLD, WEIGHTS, look_at_values, shape_problems
from .contract import Declared, Found
from .tensors import Tensor

PICKLED = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt")
HUB_ID = re.compile(r"[\w.-]{1,60}/[\w.-]{1,60}", re.ASCII)
ROUND = re.compile(r"(?:peft|round|checkpoint)[_-](\d{1,9})")


def looks_like_one(folder: Path) -> bool:
    """Whether any file is of an adapter, or of weights somebody meant as one."""
    return any(
        file.name == adapter_config.NAME or file.suffix in (".safetensors", *PICKLED)
        for file in _files(folder)
    )


def look_adapter(folder: Path, declared: Declared) -> Found:
    """What the adapter in a folder is, and everything that is wrong with it."""
    found = Found("adapter", "peft", "A PEFT adapter", declared.domain or None)
    pickled = _pickled_problems(folder)
    place, warnings, problems = _place(folder)
    if place is None:
        return found._replace(problems=(*pickled, *problems))
    config, config_problems = adapter_config.read(place / adapter_config.NAME)
    arrays, array_problems = tensors.read_header(place / WEIGHTS)
    base, base_warnings, base_problems = _base(config, declared)
    problems = (*pickled, *problems, *config_problems, *array_problems, *base_problems)
    warnings = (*warnings, *_left_out(folder, place), *base_warnings)
    if config is None or array_problems:
        return found._replace(problems=problems, warnings=warnings)
    misfits = shape_problems(config, arrays, base)
    value_problems, zero = look_at_values(place / WEIGHTS, arrays)
    return found._replace(
        title=_title(config, place),
        base_model=base.id if base else None,
        facts=_facts(folder, place, config, arrays, base, zero),
        problems=(*problems, *misfits, *value_problems),
        warnings=(*warnings, *([_no_effect()] if zero else [])),
    )


def prepare(folder: Path, found: Found, into: Path) -> None:
    """What is stored and evaluated of a sound adapter: its arrays, and a configuration of ours."""
    place = folder / found.facts["folder"]
    config, problems = adapter_config.read(place / adapter_config.NAME)
    if config is None:
        raise ValueError(f"not a sound adapter: {problems}")
    into.mkdir()
    shutil.copyfile(place / WEIGHTS, into / WEIGHTS)
    adapter_config.write(config, Pin(**found.facts["base"]), into)


def _place(folder: Path) -> tuple[Path | None, tuple[Problem, ...], tuple[Problem, ...]]:
    """The folder with the adapter, with a word where there are several."""
    having = sorted({f.parent for f in _files(folder) if f.name in (adapter_config.NAME, WEIGHTS)})
    if not having:
        hint = f"save it with PEFT's save_pretrained: {adapter_config.NAME} and {WEIGHTS}"
        return None, (), (Problem(WEIGHTS, None, "there is none", hint),)
    place, warnings = having[0], ()
    if len(having) > 1:
        rounds = {place: ROUND.fullmatch(place.name) for place in having}
        if not all(rounds.values()):
            listed = ", ".join(_inside(folder, place) for place in having[:5])
            return (
                None,
                (),
                (Problem("file", None, f"several adapters found: {listed}", "send one"),),
            )
        place = max(having, key=lambda place: int(ROUND.fullmatch(place.name)[1]))  # type: ignore[index]
        said = f"{len(having)} rounds found, the last one is used: {_inside(folder, place)}"
        warnings = (Problem("file", None, said),)
    missing = [name for name in (adapter_config.NAME, WEIGHTS) if not (place / name).is_file()]
    hint = "save it with PEFT's save_pretrained, as safetensors"
    problems = tuple(
        Problem(name, None, f"there is none in {_inside(folder, place)}", hint) for name in missing
    )
    return (None if missing else place), warnings, problems


def _pickled_problems(folder: Path) -> tuple[Problem, ...]:
    """A pickled file is a program; none is ever loaded."""
    return tuple(
        Problem(
            _inside(folder, file),
            None,
            "a pickled file, which could run as a program when it is loaded",
            "save the adapter again with save_pretrained(..., safe_serialization=True)",
        )
        for file in _files(folder)
        if file.suffix.lower() in PICKLED
    )[:MOST_TOLD]


def _left_out(folder: Path, place: Path) -> Iterator[Problem]:
    """What came with the adapter and is not stored."""
    kept = {place / adapter_config.NAME, place / WEIGHTS}
    others = [
        _inside(folder, file)
        for file in _files(folder)
        if file not in kept and (file.parent == place or not ROUND.fullmatch(file.parent.name))
    ]
    if others:
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        yield Problem("file", None, f"not used and not stored: {', '.join(others[:5])}{more}")


def _base(
    config: Config | None, declared: Declared
) -> tuple[Pin | None, tuple[Problem, ...], tuple[Problem, ...]]:
    """The pinned base: the declared one, else the one the file names, else the board's own."""
    named = config.base_model if config else ""
    own = DOMAINS[declared.domain].base_model if declared.domain in DOMAINS else ""
    wanted = declared.base_model or (named if HUB_ID.fullmatch(named) else "") or own
    revision = declared.base_revision or "main"
    if not wanted:
        return None, (), (Problem("base_model", None, "it is not said which base this adapts"),)
    if not HUB_ID.fullmatch(wanted):
        said = f"found {wanted!r}, the hub id of a model wanted"
        return (
            None,
            (),
            (Problem("base_model", None, said, "for example mistralai/Mistral-7B-v0.3"),),
        )
    if not re.fullmatch(r"[\w./-]+", revision):
        said = f"found {revision!r}, a branch, tag or commit wanted"
        return None, (), (Problem("base_revision", None, said),)
    try:
        base = hub.pin_model(wanted, revision)
    except EngineError as error:
        return None, (), (Problem("base_model", None, error.message, error.hint),)
    if named in ("", base.id):
        return base, (), ()
    place = f"{adapter_config.NAME}#/base_model_name_or_path"
    said = f"found {named[:80]!r}; it is evaluated on {base.id} at {base.revision}"
    return base, (Problem(place, None, said),), ()


def _no_effect() -> Problem:
    return Problem(
        WEIGHTS,
        None,
        "the adapter changes nothing: one factor of every update is zero",
        "its score will be the untuned base's; was it saved before training?",
    )


def _facts(
    folder: Path,
    place: Path,
    config: Config,
    arrays: Mapping[str, Tensor],
    base: Pin | None,
    zero: bool,
) -> dict[str, Any]:
    last = ROUND.fullmatch(place.name)
    return {
        "folder": place.relative_to(folder).as_posix(),
        "base": base.model_dump(mode="json") if base else None,
        "rank": config.rank,
        "targets": list(config.targets),
        "parameters": sum(_count(tensor.shape) for tensor in arrays.values()),
        "number_formats": sorted({tensor.dtype for tensor in arrays.values()}),
        "round": int(last[1]) if last else None,
        "zero_effect": zero,
    }


def _title(config: Config, place: Path) -> str:
    last = ROUND.fullmatch(place.name)
    of = f" of round {int(last[1])}" if last else ""
    return f"A PEFT adapter{of}: LoRA of rank {config.rank} on {', '.join(config.targets)}"


def _count(shape: Sequence[int]) -> int:
    total = 1
    for length in shape:
        total *= length
    return total


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _inside(folder: Path, path: Path) -> str:
    relative = path.relative_to(folder).as_posix()
    return "the archive" if relative == "." else relative
