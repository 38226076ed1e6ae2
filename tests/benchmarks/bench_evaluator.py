"""Lettered questions asked three ways: ours, lm-eval's HFLM, and a loop as the published scripts.

Same base, adapter, questions, machine and number of threads; all in one process, by turns, the best
of some repetitions. Every verdict must be the same. The loop keeps the adapter beside the base, as
the published scripts do; ours and HFLM have it merged. Two sets: MMLU, and MedMCQA with its long
instruction before each question. Prints questions a second and, last, one JSON line of ratios, for
each set and for both together. `THREADS` sets the threads (all cores); CPU time is shown too,
because on a busy machine it says more than the clock.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from peft import LoraConfig, PeftModel, get_peft_model

from evaluators import documents, harness, protocols
from evaluators.documents import Document
from evaluators.lm import DIGITS, CausalLM
from evaluators.suites import SUITES, Task
from federated import hub
from federated.domains import DOMAINS
from federated.job import Pin
from federated.model import Loaded, load_for_inference

MIRROR = Path(__file__).parents[3] / "shared" / "mirror"
QUESTIONS = 240
LONGEST = 1600
"""Characters of a prompt: none is cut to what the model sees, which the three do differently."""
REPETITIONS = 3
HFLM_BATCHES = (4, 8, 16, 32)
"""HFLM is given the fastest of them."""

Ask = Callable[[], list[str | None]]


class Way(NamedTuple):
    """One way to ask the questions, and the best times seen so far, in seconds."""

    name: str
    ask: Ask
    clock: float = float("inf")
    cpu: float = float("inf")


def subjects() -> tuple[str, list[Task]]:
    """A base model's id and two sets of questions; practice data where there is no mirror."""
    if MIRROR.is_dir():
        os.environ.setdefault("HUB_MIRROR", str(MIRROR))
    if "HUB_MIRROR" in os.environ:
        return "sprout/llama-3m", [SUITES["general"].tasks[1], SUITES["medical"].tasks[1]]
    practice = [SUITES["general-mini"].tasks[0], SUITES["medical-mini"].tasks[1]]
    return DOMAINS["general-mini"].base_model, practice


def questions(task: Task) -> list[Document]:
    """Questions from all over a set."""
    items = [item for item in documents.read(task, None).items if len(str(item)) < LONGEST]
    return items[:: max(1, len(items) // QUESTIONS)][:QUESTIONS]


def adapter(base: Pin, folder: Path) -> Path:
    """A small adapter as clients train it, with weights drawn at random."""
    model = load_for_inference(base, None, dtype="float32", device="cpu").model
    torch.manual_seed(0)
    lora = LoraConfig(
        r=32, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM"
    )
    get_peft_model(model, lora).save_pretrained(str(folder))
    return folder


def requests(task: Task, protocol: Any, items: list[Document]) -> list[Instance]:
    built = harness.build(task, protocol, items)
    built.build_all_requests()
    return list(built.instances)


def likeliest(items: list[Document], found: Sequence[tuple[float, bool]]) -> list[str | None]:
    """The clean protocol's answer to each question."""
    logs = [round(value, DIGITS) for value, _ in found]
    each = len(items[0]["options"])
    return [
        protocols.clean(logs[at : at + each], item["gold"], item["options"], False).answer
        for at, item in zip(range(0, len(logs), each), items, strict=True)
    ]


def letters(items: list[Document], outputs: Sequence[str]) -> list[str | None]:
    """The official protocol's reading of each output."""
    read = protocols.OFFICIAL["choice"]
    pairs = zip(outputs, items, strict=True)
    return [read(output, item["gold"], item["options"]).answer for output, item in pairs]


def loop(loaded: Loaded, prompts: Sequence[str], items: list[Document]) -> list[str]:
    """One prompt at a time through `generate`."""
    outputs = []
    for prompt, item in zip(prompts, items, strict=True):
        ids = loaded.tokenizer.encode(prompt, return_tensors="pt")
        new = len(loaded.tokenizer.encode(item["gold"], add_special_tokens=False))
        with torch.no_grad():
            written = loaded.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=new,
                do_sample=False,
                pad_token_id=loaded.tokenizer.eos_token_id,
            )
        outputs.append(loaded.tokenizer.decode(written[0, ids.shape[1] :]))
    return outputs


def timed(way: Way) -> tuple[Way, list[str | None]]:
    """The way asked once more."""
    clock, cpu = time.perf_counter(), time.process_time()
    answers = way.ask()
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    return way._replace(clock=min(way.clock, clock), cpu=min(way.cpu, cpu)), answers


def race(ways: Sequence[Way], repetitions: int) -> list[Way]:
    """The ways by turns; their answers must be the same."""
    ways = list(ways)
    for _ in range(repetitions):
        answers = []
        for place, way in enumerate(ways):
            ways[place], found = timed(way)
            answers.append(found)
        assert all(each == answers[0] for each in answers), "the ways differ in a verdict"
    return ways


def show(ways: Sequence[Way], n: int) -> None:
    for way in ways:
        print(f"{way.name:28}{n / way.clock:7.1f} questions/s{1000 * way.cpu / n:7.1f} ms CPU each")


def hflm(loaded: Loaded, asked: list[Instance], items: list[Document], size: int) -> Way:
    theirs = HFLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=size)
    return Way(
        f"HFLM, batches of {size}",
        lambda: likeliest(items, theirs.loglikelihood(asked, disable_tqdm=True)),
    )


class Pair(NamedTuple):
    """Ours and the other's, on the same requests."""

    ours: Way
    other: Way


def compare(task: Task, merged: Loaded, beside: Loaded) -> dict[str, Pair]:
    """Race all ways over one set."""
    items = questions(task)
    clean, official = requests(task, "clean", items), requests(task, "official", items)
    prompts = [request.args[0] for request in official]
    print(f"\n{len(items)} questions of {task.title}")
    ours = CausalLM(merged, 32)
    theirs = race([hflm(merged, clean, items, size) for size in HFLM_BATCHES], 1)
    reading = [
        Way("ours, log-likelihoods", lambda: likeliest(items, ours.loglikelihood(clean))),
        min(theirs, key=lambda way: way.clock),
    ]
    writing = [
        Way("ours, one token written", lambda: letters(items, ours.generate_until(official))),
        Way("one by one with generate", lambda: letters(items, loop(beside, prompts, items))),
    ]
    reading, writing = race(reading, REPETITIONS), race(writing, REPETITIONS)
    show([*reading, *writing], len(items))
    return {"hflm": Pair(*reading), "loop": Pair(*writing)}


def ratios(sets: Sequence[dict[str, Pair]]) -> dict[str, float]:
    """How many times as long the others take for these sets together."""
    found: dict[str, float] = {}
    for name in ("hflm", "loop"):
        pairs = [pairs[name] for pairs in sets]
        clock = sum(p.other.clock for p in pairs) / sum(p.ours.clock for p in pairs)
        cpu = sum(p.other.cpu for p in pairs) / sum(p.ours.cpu for p in pairs)
        found |= {f"{name}_over_ours": round(clock, 2), f"{name}_over_ours_cpu": round(cpu, 2)}
    return found


def main() -> None:
    logging.disable(logging.WARNING)
    torch.set_num_threads(int(os.environ.get("THREADS") or os.cpu_count() or 1))
    name, tasks = subjects()
    base = hub.pin_model(name)
    with tempfile.TemporaryDirectory() as folder:
        tuned = adapter(base, Path(folder))
        merged = load_for_inference(base, tuned, dtype="float32", device="cpu")
        plain = load_for_inference(base, None, dtype="float32", device="cpu")
        beside = plain._replace(model=PeftModel.from_pretrained(plain.model, str(tuned)).eval())
    print(f"{name} with an adapter, {torch.get_num_threads()} threads")
    sets = {task.key: compare(task, merged, beside) for task in tasks}
    line: dict[str, Any] = {"benchmark": "evaluator", "threads": torch.get_num_threads()}
    line |= ratios(list(sets.values()))
    print(json.dumps(line | {key: ratios([pairs]) for key, pairs in sets.items()}))


if __name__ == "__main__":
    main()
