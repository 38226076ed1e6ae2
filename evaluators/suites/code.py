"""Code: MBPP, HumanEval and MultiPL-E in JavaScript and C++ as the bigcode harness asks them
(specification 3.5; Austin et al. arXiv:2108.07732, Chen et al. arXiv:2107.03374, Cassano et al.
arXiv:2208.08227). Programs are run by `evaluators/sandbox`."""

from __future__ import annotations

from typing import Any

from .base import Row, Suite, Task, practice
from .questions import Programming, text

AFTER_FUNCTION = ("\nclass", "\ndef", "\n#", "\n@", "\nprint", "\nif", "\n```", "<file_sep>")
AFTER_SCRIPT = ("\nclass", "\nassert", '\n"""', "\nprint", "\nif", "\n<|/", "\n```")
AFTER_JAVASCRIPT = ("\nfunction ", "\n/*", "\n//", "\nconsole.log", "<file_sep>")
AFTER_CPP = ("\n}", "<file_sep>")

ONE_SAMPLE = (
    "One sampled program a task (temperature 0.2, top-p 0.95): published baselines moved by about "
    "a point from run to run.",
    "The published harness runs programs on the bare host; here they run isolated, and the "
    "comparison is out of their reach.",
)


def humaneval(row: Row) -> Programming:
    """A signature with its docstring; `check` calls the function by its name."""
    entry = text(row["entry_point"], "entry_point")
    tests = f"\n{text(row['test'], 'test')}\ncheck({entry})"
    return Programming(text(row["prompt"], "prompt").strip(), tests, entry)


def mbpp(row: Row) -> Programming:
    """The task and its first test as a docstring (the prompt of Fried et al., arXiv:2204.05999)."""
    tests = [text(each, "test_list") for each in row["test_list"]]
    if not tests:
        raise ValueError("test_list is empty")
    prompt = f'"""\n{text(row["text"], "text")}\n{tests[0]}\n"""\n'
    return Programming(prompt, "\n".join(tests), "", row["test_setup_code"] or "")


def multiple(row: Row) -> Programming:
    """MultiPL-E: a comment and a signature; the tests close the function where that is needed."""
    name = text(row["name"], "name")
    entry = name.split("_", 2)[-1]
    return Programming(text(row["prompt"], "prompt").strip(), text(row["tests"], "tests"), entry)


def _until(stops: tuple[str, ...], max_length: int = 1024) -> dict[str, Any]:
    """Where a completion is cut, and the most tokens, prompt included."""
    return {"until": list(stops), "max_length": max_length}


MBPP = Task(
    key="mbpp",
    title="MBPP",
    dataset="google-research-datasets/mbpp",
    published="mbpp",
    configs=("full",),
    columns=("text", "test_list", "test_setup_code"),
    read=mbpp,
    form="program",
    n=500,
    generation=_until(AFTER_SCRIPT, 2048),
    quirks=(*ONE_SAMPLE, "The prompt shows the first of the tests that decide."),
)
HUMANEVAL = Task(
    key="humaneval",
    title="HumanEval",
    dataset="openai/openai_humaneval",
    published="openai_humaneval",
    configs=("openai_humaneval",),
    columns=("prompt", "entry_point", "test"),
    read=humaneval,
    form="program",
    n=164,
    generation=_until(AFTER_FUNCTION),
    quirks=ONE_SAMPLE,
)
JAVASCRIPT = Task(
    key="multiple-js",
    title="MultiPL-E JavaScript",
    dataset="nuprl/MultiPL-E",
    configs=("humaneval-js",),
    columns=("name", "prompt", "tests"),
    read=multiple,
    form="program",
    language="javascript",
    n=161,
    generation=_until(AFTER_JAVASCRIPT),
    quirks=ONE_SAMPLE,
)
CPP = JAVASCRIPT._replace(
    key="multiple-cpp",
    title="MultiPL-E C++",
    configs=("humaneval-cpp",),
    language="cpp",
    generation=_until(AFTER_CPP),
)

CODE = Suite("code", "Code", "1", (MBPP, HUMANEVAL, JAVASCRIPT, CPP))
PRACTICE = Suite(
    "code-mini",
    "Code, practice data",
    "1",
    (
        practice(
            MBPP,
            "sketches",
            "Sketches",
            "mini/tiny-mbpp",
            generation=_until(AFTER_SCRIPT, 256),
        ),
        practice(
            HUMANEVAL,
            "functions",
            "Functions",
            "mini/tiny-humaneval",
            generation=_until(AFTER_FUNCTION, 256),
        ),
    ),
    practice=True,
)
