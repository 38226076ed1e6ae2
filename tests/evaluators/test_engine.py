"""A job directory in, scores out; again after a kill; in words when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evaluators import engine, harness, items
from evaluators.errors import BadAdapter, BadJob, EngineError, NotInHub, Unscored
from evaluators.job import Result
from federated import hub
from federated.program import JobDirectory, main
from tests.evaluators.helpers import MakeJob, events


def run(directory: JobDirectory) -> Result:
    return Result.model_validate(json.loads(json.dumps(engine.run(directory))))


def fields(directory: JobDirectory, **changes: object) -> None:
    file = directory.path / "job.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def write_lora(
    folder: Path, heads: str = "q_proj", rank: int = 2, base: str = "tiny/llama"
) -> None:
    """A PEFT adapter with random weights."""
    import torch
    from peft import LoraConfig, get_peft_model

    from federated.model import load_base

    model = load_base(hub.pin_model(base), device="cpu").model
    torch.manual_seed(3)
    lora = LoraConfig(
        r=rank, target_modules=[heads], init_lora_weights=False, task_type="CAUSAL_LM"
    )
    get_peft_model(model, lora).save_pretrained(str(folder))
    (folder / "method.json").unlink(missing_ok=True)


def test_a_base_model_is_scored_under_both_protocols(make_job: MakeJob) -> None:
    directory = make_job(predictor="base", threads=1)
    result = run(directory)
    assert (result.suite, result.device, result.quantization) == ("tiny", "cpu", "none")
    assert list(result.protocols) == ["clean", "official"]
    for protocol, found in result.protocols.items():
        assert [task.task for task in found.tasks] == ["wire", "posts", "tweets"]
        assert [task.n for task in found.tasks] == [12, 10, 14]
        assert found.average == pytest.approx(np.mean([t.accuracy for t in found.tasks]))
        for task in found.tasks:
            kept = items.read(directory.path / str(task.items))
            assert task.accuracy == np.mean([item.correct for item in kept])
            assert task.compliance == np.mean([item.compliant for item in kept])
            assert (kept[0].loglikelihoods is None) == (protocol == "official")


def test_everything_that_decides_a_score_is_recorded(make_job: MakeJob) -> None:
    directory = make_job(predictor="base", protocols=["clean"])
    result = run(directory)
    assert {"python", "seed", "torch", "transformers", "lm_eval"} <= result.environment.keys()
    assert result.datasets["wire"] == hub.pin_dataset("tiny/wire")
    assert len(result.prompts_sha256) == len(result.files) == 3
    assert all((directory.path / name).is_file() for name in result.files)
    assert result.peak_memory_bytes > 10**6
    assert result.limit is None


def test_progress_goes_from_none_to_all_of_the_items(make_job: MakeJob) -> None:
    directory = make_job()
    run(directory)
    told = events(directory)
    assert told[0]["event"] == "start" and told[0]["of"] == 2 * (12 + 10 + 14)
    counts = [line["done"] for line in told if line["event"] == "items"]
    assert counts == sorted(counts) and (counts[0], counts[-1]) == (0, 72)
    assert [line["task"] for line in told if line["event"] == "task"] == [
        "wire",
        "posts",
        "tweets",
    ] * 2


def test_an_adapter_changes_the_answers(make_job: MakeJob) -> None:
    base, tuned = (make_job(name, "base", protocols=["clean"]) for name in "ab")
    write_lora(tuned.path / "adapter")
    assert run(base).prompts_sha256 == run(tuned).prompts_sha256
    name = "items/clean-wire.parquet"
    one, two = (items.read(d.path / name) for d in (base, tuned))
    assert [i.loglikelihoods for i in one] != [i.loglikelihoods for i in two]


def test_a_limit_and_a_protocol_narrow_the_job(make_job: MakeJob) -> None:
    result = run(make_job(limit=4, protocols=["official"]))
    assert list(result.protocols) == ["official"] and result.limit == 4
    assert result.suite_version == "1, first 4 a test", "never ranked beside whole ones"
    assert [task.n for task in result.protocols["official"].tasks] == [4, 4, 4]


def test_a_killed_run_goes_on_with_what_is_left(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(make_job("whole"))
    directory = make_job("killed")
    ask, asked = harness.ask, []

    def dying(task, protocol, documents, lm, workers):
        if len(asked) == 2:
            raise KeyboardInterrupt
        asked.append(f"{protocol}-{task.key}")
        return ask(task, protocol, documents, lm, workers)

    monkeypatch.setattr(harness, "ask", dying)
    with pytest.raises(KeyboardInterrupt):
        engine.run(directory)
    monkeypatch.setattr(harness, "ask", lambda *a: asked.append(f"{a[1]}-{a[0].key}") or ask(*a))
    result = run(directory)
    assert len(asked) == len(set(asked)) == 6
    assert result.protocols == whole.protocols and result.prompts_sha256 == whole.prompts_sha256
    assert [e["done"] for e in events(directory) if e["event"] == "items"][-1] == 72


def test_a_finished_run_asks_nothing_and_loads_nothing(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = make_job(predictor="base", protocols=["clean"])
    first = run(directory)
    monkeypatch.setattr(engine, "load", lambda *a: pytest.fail("loaded again"))
    second = run(directory)
    assert second.protocols == first.protocols and second.files == first.files
    assert (second.device, second.dtype) == (first.device, first.dtype)


@pytest.mark.parametrize("change", [{"limit": 3}, {"dtype": "float32"}])
def test_another_jobs_items_are_not_reused(make_job: MakeJob, change: dict[str, object]) -> None:
    directory = make_job(protocols=["clean"])
    before = run(directory).files
    fields(directory, **change)
    after = run(directory).files
    assert before.keys() == after.keys()
    assert before != after


def test_threads_and_batch_size_do_not_make_another_job(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = make_job(protocols=["clean"])
    run(directory)
    fields(directory, batch_size=3, threads=2)
    monkeypatch.setattr(engine, "load", lambda *a: pytest.fail("loaded again"))
    run(directory)


def test_a_damaged_items_file_is_asked_again(make_job: MakeJob) -> None:
    directory = make_job(protocols=["clean"])
    first = run(directory)
    (directory.path / "items" / "clean-wire.parquet").write_bytes(b"cut off")
    assert run(directory).protocols == first.protocols


def test_a_missing_dataset_leaves_its_task_unscored_and_the_suite_without_a_mean(
    make_job: MakeJob, data: Path
) -> None:
    (data / "datasets" / "tiny" / "posts" / "default" / "test.parquet").unlink()
    found = run(make_job()).protocols["clean"]
    assert [task.accuracy is None for task in found.tasks] == [False, True, False]
    assert "unknown table 'default/test'" in (found.tasks[1].unscored or "")
    assert found.average is None and (found.unscored or "").startswith("posts: ")


def test_a_suite_without_any_data_still_answers_with_reasons(make_job: MakeJob, data: Path) -> None:
    directory = make_job()
    for name in ("wire", "posts", "tweets"):
        for file in (data / "datasets" / "tiny" / name / "default").iterdir():
            file.unlink()
    found = run(directory).protocols["official"]
    assert found.average is None and all(task.unscored for task in found.tasks)


def test_numbers_that_are_none_leave_a_task_unscored(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = harness.ask

    def failing(task, protocol, documents, lm, workers):
        if task.key == "posts":
            raise Unscored("The model's logits are not numbers (NaN).")
        return ask(task, protocol, documents, lm, workers)

    monkeypatch.setattr(harness, "ask", failing)
    directory = make_job(protocols=["clean"])
    result = run(directory)
    assert (
        result.protocols["clean"].tasks[1].unscored == "The model's logits are not numbers (NaN)."
    )
    assert "items/clean-posts.parquet" not in result.files
    assert any("unscored" in e for e in events(directory) if e["event"] == "task")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"suite": "tinny"}, "unknown suite 'tinny'; did you mean 'tiny'"),
        ({"batch_size": 0}, "batch_size"),
        ({"colour": "red"}, "colour"),
        ({"protocols": ["fair"]}, "protocols"),
        ({"protocols": []}, "protocols"),
        ({"protocols": ["clean", "clean"]}, "protocols"),
        ({"base": "tiny/llama"}, "base"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(
    make_job: MakeJob, change: dict[str, object], said: str
) -> None:
    directory = make_job()
    fields(directory, **change)
    with pytest.raises(BadJob, match=said):
        engine.run(directory)


def test_a_missing_base_is_not_blamed_on_the_adapter(make_job: MakeJob) -> None:
    directory = make_job(base={"id": "tiny/lama", "revision": "main", "source": "mirror"})
    write_lora(directory.path / "adapter")
    with pytest.raises(NotInHub, match="did you mean 'tiny/llama'"):
        engine.run(directory)


def test_weights_of_another_shape_are_a_bad_adapter(make_job: MakeJob) -> None:
    directory = make_job()
    write_lora(directory.path / "adapter", rank=2)
    config = directory.path / "adapter" / "adapter_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "r": 5}))
    with pytest.raises(BadAdapter, match="does not load onto its base"):
        engine.run(directory)


def test_the_program_leaves_a_result_however_it_ends(make_job: MakeJob) -> None:
    good, bad = make_job("good", protocols=["clean"], limit=2), make_job("bad", suite="none")
    assert main([str(good.path)], engine.run, "") == 0
    assert json.loads((good.path / "result.json").read_text())["status"] == "ok"
    assert main([str(bad.path)], engine.run, "") == 2
    assert json.loads((bad.path / "result.json").read_text())["error"]["code"] == "bad-job"


def test_errors_of_the_base_alone_stay_what_they_are(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    from federated import model

    def broken(*arguments: object) -> None:
        raise EngineError("the tokenizer has no fast version.")

    monkeypatch.setattr(model, "load_for_inference", broken)
    with pytest.raises(EngineError, match="no fast version") as caught:
        engine.run(make_job(predictor="base"))
    assert not isinstance(caught.value, BadAdapter)
