"""Outputs of other people's evaluations: which tool wrote them, whether they can be scored again.

The scoring itself is done later by `evaluators/outputs`, from the items; here they are only read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

from evaluators.job import Format
from evaluators.outputs import names
from evaluators.outputs.names import TITLES, Member
from evaluators.suites import SUITES, Suite
from federated.reading import Problem

from . import lm_eval_results
from .contract import Declared, Found
from .output_rows import Looked, first_row, look_at

HUMANEVAL = {"HumanEval": 164, "Mbpp": 500}
"""Tasks of each set, by what stands before the number."""


def look_outputs(folder: Path, declared: Declared) -> Found:
    """What outputs a folder holds; kind None where there are none."""
    members = _recognised(folder)
    if not members:
        return lm_eval_results.without_samples(folder)
    format = members[0].format
    mine = [member for member in members if member.format == format]
    looked = [look_at(member) for member in mine]
    domain, problems = _domain(format, mine, declared)
    results = lm_eval_results.look(mine) if format == "lm-eval" else lm_eval_results.NOTHING
    passed_over = [member for member in members if member.format != format]
    return Found(
        "outputs",
        format,
        f"Outputs of {TITLES[format]}: {_listed([member.set for member in mine])}",
        domain=domain,
        base_model=results.base_model,
        facts={"rows": {each.name: each.rows for each in looked}},
        problems=(
            *problems,
            *_twice(mine),
            *_programs_twice(looked),
            *(problem for each in looked for problem in each.problems),
            *results.problems,
        ),
        warnings=(
            *_coverage(format, looked, SUITES.get(domain or "")),
            *results.warnings_for({each.name: each.rows for each in looked}),
            *(_passed_over(member) for member in passed_over),
        ),
    )


def _recognised(folder: Path) -> list[Member]:
    """Files of outputs, those of the surest format first."""
    found = [
        member
        for member in names.members(folder)
        if member.format != "humaneval" or _of_programs(member.file)
    ]
    order = list(TITLES)
    return sorted(found, key=lambda member: order.index(member.format))


def _of_programs(file: Path) -> bool:
    """Whether a file of any name begins as HumanEval's samples do."""
    if file.suffix == ".gz":
        return False
    row = first_row(file)
    return isinstance(row, dict) and "task_id" in row


def _domain(
    format: Format, members: Sequence[Member], declared: Declared
) -> tuple[str | None, tuple[Problem, ...]]:
    """The board that the files are for, and where it is not the declared one, that."""
    if format == "lm-eval":
        return declared.domain or None, ()
    if format == "humaneval":
        return declared.domain or "code", ()
    fitting = _boards(members)
    if not fitting:
        known = ", ".join(name for suite in SUITES.values() for name in names.sets_of(suite))
        sets = _listed([member.set for member in members])
        return None, (Problem("file", None, f"no test is called {sets}", f"known: {known}"),)
    if declared.domain and declared.domain not in fitting:
        said = f"{declared.domain} found, but the files are of {' or '.join(fitting)}"
        return fitting[0], (Problem("domain", None, said, f"choose {fitting[0]}"),)
    return declared.domain or fitting[0], ()


def _boards(members: Sequence[Member]) -> list[str]:
    """The boards with most of the sets that the files are named for."""
    counted = Counter(key for member in members for key in names.suites_with(member.set))
    most = max(counted.values(), default=0)
    return [key for key, times in counted.items() if times == most]


def _twice(members: Sequence[Member]) -> Iterator[Problem]:
    """One set in several files is several runs, and it cannot be told which one counts."""
    by_set: dict[str, list[str]] = {}
    for member in members:
        by_set.setdefault(member.set, []).append(member.file.name)
    for name, files in by_set.items():
        if len(files) > 1:
            said = f"{len(files)} files of {name}: {_listed(files)}"
            yield Problem("file", None, said, "hand in one run at a time")


def _programs_twice(looked: Sequence[Looked]) -> Iterator[Problem]:
    """EvalPlus leaves raw and sanitised programs beside one another."""
    for one, other in combinations(looked, 2):
        if both := one.ids.keys() & other.ids.keys():
            said = f"{one.name} and {other.name} both have programs of {min(both)}"
            yield Problem("file", None, said, "hand in one of them")


def _coverage(format: Format, looked: Sequence[Looked], suite: Suite | None) -> Iterator[Problem]:
    """What is not answered in full: it stays unscored, and the entry without a rank."""
    if format == "humaneval":
        yield from _programs_missing(looked)
    elif suite and format != "lm-eval":
        yield from _rows_missing(looked, suite)


def _rows_missing(looked: Sequence[Looked], suite: Suite) -> Iterator[Problem]:
    tasks = names.sets_of(suite)
    for each in looked:
        task = tasks.get(each.member.set)
        if task is None:
            yield Problem(each.name, None, f"{each.member.set} is no test of {suite.title}")
        elif task.n is not None and each.rows < task.n:
            said = f"{each.rows:,} of {task.n:,} items of {task.title}: it will stay unscored"
            yield Problem(each.name, None, said)
        elif task.n is not None and each.rows > task.n:
            said = f"{each.rows:,} rows, {task.title} has {task.n:,} items"
            yield Problem(each.name, None, said)
    answered = {tasks[each.member.set].key for each in looked if each.member.set in tasks}
    for task in suite.tasks:
        if task.key not in answered:
            yield Problem("file", None, f"nothing for {task.title}: it will stay unscored")


def _programs_missing(looked: Sequence[Looked]) -> Iterator[Problem]:
    for each in looked:
        for prefix, n in HUMANEVAL.items():
            ids = {id: times for id, times in each.ids.items() if id.startswith(f"{prefix}/")}
            if ids and len(ids) < n:
                said = f"{len(ids)} of {n} tasks of {prefix}: it will stay unscored"
                yield Problem(each.name, None, said)
            if len(set(ids.values())) > 1:
                said = f"{min(ids.values())} to {max(ids.values())} programs a task"
                yield Problem(each.name, None, said, "as many of each as the fewest count")


def _passed_over(member: Member) -> Problem:
    return Problem(member.file.name, None, f"passed over: as {TITLES[member.format]} writes it")


def _listed(words: Sequence[str]) -> str:
    some = [word[:40] for word in dict.fromkeys(words)]
    return ", ".join(some[:6]) + (f" and {len(some) - 6} more" if len(some) > 6 else "")
