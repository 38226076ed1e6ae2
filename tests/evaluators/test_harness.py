"""Tasks as lm-eval sees them, and items as we keep them."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from evaluators import documents, harness
from evaluators.lm import CausalLM
from evaluators.lm.codec import Codec
from evaluators.majority import Majority
from evaluators.protocols import sentiment as reading
from evaluators.scoring import sample_stderr
from evaluators.suites import SUITES
from evaluators.suites.finance import SENTIMENTS
from federated.model import Loaded, load_for_inference
from tests.evaluators.helpers import REFERENCE, TINY, generation

WIRE = TINY.tasks[0]
DOC = {
    "item_id": "wire-0",
    "text": "Oil fell { 2 % } \n\n .",
    "kind": "tweet",
    "gold": "negative",
    "options": list(SENTIMENTS),
    "group": "",
}
QUESTION = (
    "Instruction: What is the sentiment of this tweet? "
    "Please choose an answer from {negative/neutral/positive}.\n"
    "Input: Oil fell { 2 % } \n\n .\nAnswer:"
)


def test_the_official_prompt_is_exact_to_the_last_space() -> None:
    built = harness.build(WIRE, "official", [DOC])
    built.build_all_requests()
    assert [i.args[0] for i in built.instances] == [QUESTION + " "]


def test_the_clean_prompt_leaves_the_space_to_the_answers() -> None:
    built = harness.build(WIRE, "clean", [DOC])
    built.build_all_requests()
    assert [i.args for i in built.instances] == [
        (QUESTION, " negative"),
        (QUESTION, " neutral"),
        (QUESTION, " positive"),
    ]


@pytest.mark.mirror
@pytest.mark.parametrize("task", SUITES["finance"].tasks, ids=lambda task: task.key)
def test_official_prompts_are_the_published_ones_in_their_order(task, mirror: Path) -> None:
    [file] = (REFERENCE / "finance").glob(f"generation_{task.key}_*.jsonl.gz")
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        published = [json.loads(line) for line in stream]
    found = documents.read(task, None).items
    built = harness.build(task, "official", found)
    built.build_all_requests()
    assert [i.args[0] for i in built.instances] == [row["context"] for row in published]
    assert [doc["gold"] for doc in found] == [row["new_target"] for row in published]


@pytest.mark.parametrize("protocol", ["official", "clean"])
def test_our_verdicts_add_up_to_lm_evals_own_metrics(protocol, data: Path, loaded: Loaded) -> None:
    docs = documents.read(WIRE, None).items
    for lm in (CausalLM(loaded, 4), Majority()):
        answers = harness.ask(WIRE, protocol, docs, lm)
        right = sum(item.correct for item in answers.items)
        metric = "acc" if protocol == "official" else "acc_norm"
        assert right / len(docs) == pytest.approx(answers.metrics[f"{metric},none"])
        share = right / len(docs)
        assert sample_stderr(share * (1 - share), len(docs)) == pytest.approx(
            answers.metrics[f"{metric}_stderr,none"]
        )


@pytest.mark.parametrize("protocol", ["official", "clean"])
def test_items_come_back_in_the_documents_order(protocol, data: Path, loaded: Loaded) -> None:
    docs = documents.read(WIRE, None).items
    shuffled = random.Random(0).sample(docs, len(docs))
    one = {i.item_id: i for i in harness.ask(WIRE, protocol, docs, CausalLM(loaded, 3)).items}
    two = harness.ask(WIRE, protocol, shuffled, CausalLM(loaded, 5)).items
    assert [item.item_id for item in two] == [doc["item_id"] for doc in shuffled]
    for item in two:
        assert item.output == one[item.item_id].output
        assert item.correct == one[item.item_id].correct


def test_the_judged_text_can_be_rebuilt_though_the_tokenizer_changes_the_prompt(
    data: Path, loaded: Loaded
) -> None:
    class Lowering(Codec):
        def decode(self, ids):
            return super().decode(ids).lower().replace("answer: ", "Answer: ")

    docs = documents.read(WIRE, 3).items
    lm = CausalLM(loaded, 2)
    lm.codec = Lowering(loaded.tokenizer, loaded.model.config)
    for item in harness.ask(WIRE, "official", docs, lm).items:
        assert item.echo is not None and item.echo != item.prompt
        whole = lm.generate_until([generation(item.prompt, max_length=512)])[0]
        assert item.text == whole
        assert reading.official(whole, item.gold, SENTIMENTS).answer == item.answer


@pytest.mark.mirror
def test_stopping_early_changes_no_verdict_of_a_real_model(mirror: Path, monkeypatch) -> None:
    """The scripted test of test_decoding.py has the hard cases; this one has a real model."""
    from evaluators.tasks import sentiment
    from federated import hub

    task = SUITES["finance"].tasks[2]
    docs = documents.read(task, 8).items
    shown = "positive positive positive positive positive positive positive"
    docs += [{**doc, "item_id": f"x{doc['item_id']}", "text": shown} for doc in docs[:1]]
    lm = CausalLM(load_for_inference(hub.pin_model("sprout/llama-3m"), None, device="cpu"), 9)
    early = harness.ask(task, "official", docs, lm).items
    monkeypatch.setattr(sentiment, "settled", lambda text: False)
    full = harness.ask(task, "official", docs, lm).items
    assert [(a.answer, a.correct, a.compliant) for a in early] == [
        (b.answer, b.correct, b.compliant) for b in full
    ]
    for a, b in zip(early, full, strict=True):
        assert b.output.startswith(a.output)
