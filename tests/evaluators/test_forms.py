"""Every form of task takes the same path, from its dataset to items and a score."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluators import documents, engine, harness, items, programs, sandbox
from evaluators.errors import Unscored
from evaluators.job import Result
from evaluators.lm import CausalLM
from evaluators.lm.codec import Codec
from evaluators.majority import Majority
from federated.model import Loaded
from federated.program import JobDirectory
from tests.evaluators.helpers import FORMS, MakeJob, facts, write_table

FACTS, TRIALS, FUNCTIONS = FORMS.tasks
isolated = pytest.mark.skipif(
    sandbox.missing("python") is not None, reason=str(sandbox.missing("python"))
)


def run(directory: JobDirectory) -> Result:
    return Result.model_validate(json.loads(json.dumps(engine.run(directory))))


@isolated
def test_a_base_model_answers_all_forms_under_both_protocols(make_job: MakeJob) -> None:
    directory = make_job(suite="forms", predictor="base")
    result = run(directory)
    for protocol, found in result.protocols.items():
        assert [(task.task, task.n) for task in found.tasks] == [
            ("facts", 15),
            ("trials", 9),
            ("functions", 3),
        ]
        assert [task.chance for task in found.tasks] == [0.25, 1 / 3, 0.0]
        assert found.tasks[2].samples == (5 if protocol == "clean" else 1)
        kept = items.read(directory.path / str(found.tasks[0].items))
        assert Counter(item.group for item in kept) == {"one": 9, "two": 6}
        assert all(item.options == ["A", "B", "C", "D"] for item in kept)
    kept = items.read(directory.path / "items" / "clean-functions.parquet")
    assert [(item.item_id, item.sample) for item in kept] == [
        (f"functions-{place}", sample) for place in range(3) for sample in range(5)
    ]
    assert all(item.reason and item.seconds is not None and item.options is None for item in kept)


def test_the_official_prompt_of_a_lettered_question_is_exact(data: Path) -> None:
    row = {"question": "Two", "subject": "s", "choices": ["1", "None", "3", "4"], "answer": 0}
    write_table(data, "facts", "test", [row], "one")
    [doc, *_] = documents.read(FACTS._replace(configs=("one",)), None).items
    built = harness.build(FACTS, "official", [doc])
    built.build_all_requests()
    assert built.instances[0].args[0] == (
        "<|im_start|>question\nAnswer the following multiple choice question.\n"
        "Question: Two?\n\nOptions:\nA. 1\nB. nan\nC. 3\nD. 4\nThe answer is:\n<|im_end|>\n"
        "<|im_start|>answer\n"
    )
    built = harness.build(FACTS, "clean", [doc])
    built.build_all_requests()
    assert [i.args for i in built.instances] == [
        (
            "Answer the following multiple choice question.\n"
            "Question: Two?\n\nOptions:\nA. 1\nB. None\nC. 3\nD. 4\nThe answer is:",
            f" {letter}",
        )
        for letter in "ABCD"
    ]


def test_the_official_limit_is_each_golds_own_length(data: Path, loaded: Loaded) -> None:
    """Special tokens do not count, as in the published scripts."""
    count = Codec(loaded.tokenizer, loaded.model.config).count
    for task, gold in ((FACTS, "A"), (TRIALS, "maybe")):
        built = harness.build(task, "official", documents.read(task, 1).items)
        room = built.config.generation_kwargs["room"]
        own = loaded.tokenizer(gold, add_special_tokens=False)["input_ids"]
        assert room({"gold": gold}, count) == len(own)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**16), size=st.integers(1, 20))
@pytest.mark.parametrize("protocol", ["clean", "official"])
def test_neither_batch_size_nor_order_changes_a_verdict(
    protocol: Any, seed: int, size: int, loaded: Loaded
) -> None:
    draw = random.Random(seed)
    table = facts(random.Random(1), 12, "s")
    table += [{**table[0], "answer": 1}]  # an equal prompt with another gold keeps its own verdict
    docs = [_document(place, row) for place, row in enumerate(table)]
    usual = {i.item_id: i for i in harness.ask(FACTS, protocol, docs, CausalLM(loaded, 5)).items}
    shuffled = draw.sample(docs, len(docs))
    for item in harness.ask(FACTS, protocol, shuffled, CausalLM(loaded, size)).items:
        one = usual[item.item_id]
        assert (item.output, item.correct, item.compliant, item.loglikelihoods) == (
            one.output,
            one.correct,
            one.compliant,
            one.loglikelihoods,
        )


def _document(place: int, row: dict[str, Any]) -> documents.Document:
    return documents._document(FACTS, {**row, "place": place})


@isolated
def test_a_program_that_is_right_counts_and_one_that_is_none_is_out_of_form(data: Path) -> None:
    docs = documents.read(FUNCTIONS, None).items
    written = [
        programs.Written(docs[0], 0, "\n    return 7\n"),
        programs.Written(docs[0], 1, "\n    return 8\n"),
        programs.Written(docs[1], 0, "\n    return (\n"),
        programs.Written(docs[2], 0, ""),
    ]
    verdicts = programs.judge(FUNCTIONS, written, workers=2)
    assert [verdict.passed for verdict in verdicts] == [True, False, False, False]
    forms = [programs.in_form(each, run) for each, run in zip(written, verdicts, strict=True)]
    assert forms == [True, True, False, False]


def test_samples_that_are_the_same_program_are_run_once(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs, run = documents.read(FUNCTIONS, None).items, []

    def judged(some: list[sandbox.Program], workers: int, on_done: Any) -> list[sandbox.Verdict]:
        run.extend(some)
        return [sandbox.Verdict("7" in each.code, "passed", "", "", 0.0) for each in some]

    monkeypatch.setattr(sandbox, "judge_all", judged)
    completions = ["return 7", "return 8", "return 7", "return 7"]
    written = [programs.Written(docs[0], k, text) for k, text in enumerate(completions)]
    verdicts = programs.judge(FUNCTIONS, [*written, programs.Written(docs[1], 0, "return 7")], 1)
    assert len(run) == 3, "two texts of the first task, one of the second"
    assert [verdict.passed for verdict in verdicts] == [True, "7" in docs[0]["prompt"], *[True] * 3]


@isolated
def test_the_mean_over_samples_is_the_score(tmp_path: Path, data: Path) -> None:
    class Half(Majority):
        """Right every second time."""

        def generate_until(self, requests: list[Any]) -> list[str]:
            return [
                f"\n    return {r.doc['entry_point'][1:] if i % 2 else 0}\n"
                for i, r in enumerate(requests)
            ]

    docs = documents.read(FUNCTIONS, None).items
    answers = harness.ask(FUNCTIONS, "clean", docs, Half()).items
    items.write(tmp_path / "f", answers, {})
    counted = items.count(tmp_path / "f")
    assert (counted.n, counted.samples) == (3, 5)
    assert sum(item.correct for item in answers) == 7
    assert counted.accuracy == pytest.approx(7 / 15)


def test_without_isolation_code_is_unscored_and_never_run(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "missing", lambda language: "no isolation: bubblewrap is absent")
    monkeypatch.setattr(sandbox, "judge_all", lambda *a, **k: pytest.fail("was run"))
    result = run(make_job(suite="forms"))
    for found in result.protocols.values():
        assert found.tasks[2].unscored == "no isolation: bubblewrap is absent"
        assert found.tasks[0].accuracy is not None
        assert found.average is None and "functions: no isolation" in str(found.unscored)


def test_isolation_that_is_lost_on_the_way_leaves_the_task_unscored(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*a: Any, **k: Any) -> None:
        raise sandbox.NoIsolation("no isolation: namespaces were forbidden")

    monkeypatch.setattr(sandbox, "judge_all", lost)
    with pytest.raises(Unscored, match="namespaces were forbidden"):
        harness.ask(FUNCTIONS, "official", documents.read(FUNCTIONS, None).items, Majority())


@isolated
def test_the_majority_answers_every_form(make_job: MakeJob) -> None:
    """The commonest letter and word; in code an empty program, which passes nothing."""
    directory = make_job(suite="forms")
    result = run(directory)
    for protocol in ("clean", "official"):
        tasks = result.protocols[protocol].tasks
        golds = [i.gold for i in items.read(directory.path / str(tasks[0].items))]
        assert tasks[0].accuracy == max(Counter(golds).values()) / 15
        assert tasks[1].accuracy == 1 / 3
        assert (tasks[2].accuracy, tasks[2].compliance) == (0.0, 0.0)


def test_a_truncated_table_is_a_reason_that_names_the_file(data: Path) -> None:
    file = data / "datasets" / "tiny" / "facts" / "two" / "test.parquet"
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(Unscored, match=r"two/test\.parquet cannot be read as parquet"):
        documents.read(FACTS, None)


def test_a_question_with_one_option_is_a_reason_and_nothing_is_half_scored(
    make_job: MakeJob, data: Path
) -> None:
    row = {"question": "Two?", "subject": "s", "choices": ["only"], "answer": 0}
    write_table(data, "facts", "test", [row], "two")
    result = run(make_job(suite="forms", protocols=["clean"]))
    [task, *_] = result.protocols["clean"].tasks
    assert task.unscored == "tiny/facts, row 9: 1 option found, at least 2 are wanted."
    assert (task.accuracy, task.items) == (None, None)
