"""Clients that share passes get what each of them gets alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peft import LoraConfig, PeftModel, get_peft_model

from federated import hub
from federated.arrays import Arrays
from federated.client import LocalWork, Update, train_locally
from federated.errors import BadData, Diverged, EngineError, LanesRefused
from federated.lanes import MultiLoRATrainer, trainer
from federated.lanes.batches import PASS_COST, padded, together
from federated.lanes.forward import Stack, product
from federated.lanes.lane import Lane
from federated.methods.fedprox import FedProxParameters, penalty
from federated.model import adapter_parameters, load_base, read_adapter
from federated.prompts import Example
from federated.recipe import Train

PAD = 1
ATTENTION = ("q_proj", "v_proj")
LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head")


def adapted(biased: bool = False, **changes: Any) -> PeftModel:
    """The tiny Llama with an adapter; `biased` gives its query layers a bias."""
    base = load_base(hub.pin_model("tiny/llama"), device="cpu").model
    if biased:
        for layer in base.model.layers:
            layer.self_attn.q_proj.bias = torch.nn.Parameter(torch.linspace(-1, 1, 16))
    plain = {"r": 2, "lora_alpha": 3, "target_modules": list(ATTENTION), "task_type": "CAUSAL_LM"}
    return get_peft_model(base, LoraConfig(**{**plain, **changes}))


@pytest.fixture
def model(tiny_hub: Path) -> PeftModel:
    return adapted()


def holdings(lengths: list[int], seed: int = 0) -> list[Example]:
    """Examples of these lengths, each with an answer of two or three tokens."""
    draw = np.random.default_rng(seed)
    return [
        Example(tuple(int(i) for i in draw.integers(2, 400, n)), n - 2 - n % 2) for n in lengths
    ]


def adapters(model: PeftModel, count: int) -> list[Arrays]:
    """Adapters as they are after some rounds: no B is zero, and no two are alike."""
    draw = np.random.default_rng(0)
    return [
        {
            name: array + draw.normal(0, 0.1, array.shape).astype(np.float32)
            for name, array in read_adapter(model).items()
        }
        for _ in range(count)
    ]


def work(client: int = 0, **changes: Any) -> LocalWork:
    plain = LocalWork(Train(batch_size=4), 3, 0.01, 1, client, 0)
    return plain._replace(**changes)


def assert_same(got: Update | EngineError, wanted: Update, apart: float = 1e-6) -> None:
    assert isinstance(got, Update)
    assert got[2:5] == wanted[2:5]
    assert got.loss == pytest.approx(wanted.loss, abs=1e-6)
    assert got.arrays.keys() == wanted.arrays.keys()
    for name, array in wanted.arrays.items():
        np.testing.assert_allclose(got.arrays[name], array, rtol=0, atol=apart, err_msg=name)


def assert_lanes_equal_sequence(
    model: PeftModel,
    examples: list[list[Example]],
    works: list[LocalWork],
    apart: float = 1e-6,
    **how: int,
) -> None:
    received = adapters(model, len(works))
    together = MultiLoRATrainer(model, PAD, **how).train(received, examples, works)
    for got, *client in zip(together, received, examples, works, strict=True):
        alone = train_locally(model, client[0], client[1], PAD, client[2])
        assert any(not np.array_equal(alone.arrays[n], client[0][n]) for n in alone.arrays)
        assert_same(got, alone, apart)


def test_two_lanes_equal_two_sequential_runs(model: PeftModel) -> None:
    examples = [holdings([12] * 12, seed) for seed in (0, 1)]
    assert_lanes_equal_sequence(model, examples, [work(0), work(1)])


def test_clients_may_differ_in_length_steps_rate_batch_clipping_and_penalty(
    model: PeftModel,
) -> None:
    prox = penalty(FedProxParameters(mu=0.5))
    works = [
        work(0),
        work(1, steps=1, learning_rate=0.002),
        work(2, steps=6, train=Train(batch_size=2)),
        work(3, train=Train(batch_size=4, max_grad_norm=0.01), penalty=prox),
        work(4, penalty=prox, server_round=3),
    ]
    lengths = [[30, 9, 14] * 5, [6] * 8, list(range(5, 40)), [50, 8] * 6, [17]]
    examples = [holdings(each, seed) for seed, each in enumerate(lengths)]
    assert_lanes_equal_sequence(model, examples, works)


@pytest.mark.parametrize("lanes", [1, 2, 3, 7])
def test_a_lane_takes_the_next_client_when_its_own_is_done(model: PeftModel, lanes: int) -> None:
    works = [work(client, steps=steps) for client, steps in enumerate([1, 4, 2, 2, 3])]
    examples = [holdings([7, 12, 25, 9], seed) for seed in range(5)]
    assert_lanes_equal_sequence(model, examples, works, lanes=lanes)


@pytest.fixture
def open_lanes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lanes were at work in each step."""
    counts: list[int] = []
    step = MultiLoRATrainer._step

    def counted(self: MultiLoRATrainer, stack: Stack, lanes: Sequence[Lane]) -> None:
        counts.append(len(lanes))
        step(self, stack, lanes)

    monkeypatch.setattr(MultiLoRATrainer, "_step", counted)
    return counts


def test_never_more_than_the_lanes_are_open_at_once(
    model: PeftModel, open_lanes: list[int]
) -> None:
    """Steps 1, 1, 3, 1 in two lanes: the long one beside the three short ones, three steps."""
    works = [work(client, steps=steps) for client, steps in enumerate([1, 1, 3, 1])]
    MultiLoRATrainer(model, PAD, lanes=2).train(adapters(model, 4), [holdings([9] * 4)] * 4, works)
    assert open_lanes == [2, 2, 2]


def test_a_client_that_is_not_finite_gives_its_lane_up_at_once(
    model: PeftModel, open_lanes: list[int]
) -> None:
    received = adapters(model, 2)
    received[0] = {name: array * np.nan for name, array in received[0].items()}
    MultiLoRATrainer(model, PAD).train(received, [holdings([9] * 4)] * 2, [work(0), work(1)])
    assert open_lanes == [2, 1, 1]


@pytest.mark.parametrize(
    "changes",
    [
        {"target_modules": list(LINEAR)},
        {"r": 5, "lora_alpha": 7, "use_rslora": True},
        {"rank_pattern": {"v_proj": 4}, "alpha_pattern": {"q_proj": 1}},
        {"lora_bias": True},
        {"biased": True, "bias": "lora_only"},
        {"biased": True, "bias": "all", "target_modules": ["v_proj"]},
    ],
    ids=["all linear layers", "rslora", "patterns", "lora bias", "own bias", "bias beside"],
)
@pytest.mark.usefixtures("tiny_hub")
def test_any_plain_adapter_of_linear_layers_is_trained(changes: dict[str, Any]) -> None:
    model = adapted(**changes)
    examples = [holdings([11, 8, 20], seed) for seed in range(3)]
    # Rates are small beside the weights: AdamW moves one by its rate even for a gradient that is
    # all rounding, as a bias under softmax has.
    works = [work(client, learning_rate=0.001) for client in range(3)]
    assert_lanes_equal_sequence(model, examples, works, apart=1e-5)


def test_a_frozen_half_of_an_adapter_is_shared(model: PeftModel) -> None:
    for name, parameter in model.named_parameters():
        if "lora_A" in name:
            parameter.requires_grad = False
    assert_lanes_equal_sequence(model, [holdings([9, 14])] * 2, [work(0), work(1)])


def test_recomputed_activations_change_nothing(model: PeftModel) -> None:
    model.gradient_checkpointing_enable({"use_reentrant": False})
    model.enable_input_require_grads()
    assert_lanes_equal_sequence(model, [holdings([9, 14])] * 2, [work(0), work(1)])


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_the_shapes_the_result_is_the_sequential_one(
    model: PeftModel, data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, 4))
    lengths = st.lists(st.integers(4, 40), min_size=1, max_size=9)
    examples = [holdings(data.draw(lengths), seed) for seed in range(count)]
    works = [
        work(
            client,
            steps=data.draw(st.integers(1, 3)),
            train=Train(batch_size=data.draw(st.integers(1, 4))),
        )
        for client in range(count)
    ]
    how = {"lanes": data.draw(st.integers(1, 4)), "tokens": data.draw(st.integers(1, 400))}
    assert_lanes_equal_sequence(model, examples, works, apart=1e-5, **how)


def test_a_client_that_is_not_finite_harms_no_other(model: PeftModel) -> None:
    received = adapters(model, 4)
    received[1] = {name: np.full_like(array, np.nan) for name, array in received[1].items()}
    examples = [holdings([9, 14, 22], seed) for seed in range(4)]
    works = [work(0), work(1), work(2), work(3, learning_rate=1e30, server_round=7)]
    results = MultiLoRATrainer(model, PAD).train(received, examples, works)
    for client in (0, 2):
        alone = train_locally(model, received[client], examples[client], PAD, works[client])
        assert_same(results[client], alone)
    assert isinstance(results[1], Diverged)
    assert isinstance(results[3], Diverged)
    assert "client 1 left round 1" in results[1].message
    assert "client 3 left round 7" in results[3].message


def test_arrays_that_do_not_fit_are_their_own_clients_error(model: PeftModel) -> None:
    received = adapters(model, 4)
    name = sorted(received[0])[0]
    received[0] = {**received[0], name: np.zeros((7, 7), np.float32)}
    del received[1][name]
    examples = [holdings([9]), holdings([9]), [], holdings([9])]
    works = [work(client) for client in range(4)]
    wrong, missing, empty, fine = MultiLoRATrainer(model, PAD).train(received, examples, works)
    assert isinstance(wrong, EngineError)
    assert "has shape (7, 7), (2, 16) was wanted" in wrong.message
    assert isinstance(missing, EngineError)
    assert "has shape None, (2, 16) was wanted" in missing.message
    assert isinstance(empty, BadData)
    assert_same(fine, train_locally(model, received[3], examples[3], PAD, works[3]))


def everything(model: PeftModel) -> tuple[object, ...]:
    """What training could have changed."""
    return (
        {name: tensor.clone().tolist() for name, tensor in model.state_dict().items()},
        [(name, p.requires_grad, p.grad) for name, p in model.named_parameters()],
        [(name, m.training, "forward" in vars(m)) for name, m in model.named_modules()],
    )


def test_the_model_is_left_as_it_was(model: PeftModel) -> None:
    model.eval()
    model.base_model.model.model.layers[0].train()
    before = everything(model)
    MultiLoRATrainer(model, PAD).train(adapters(model, 2), [holdings([9])] * 2, [work(), work(1)])
    assert everything(model) == before


def test_the_model_is_left_as_it_was_when_memory_runs_out(
    model: PeftModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(trainer, "lane_losses", fail)
    model.eval()
    before = everything(model)
    with pytest.raises(torch.OutOfMemoryError):
        MultiLoRATrainer(model, PAD).train(adapters(model, 1), [holdings([9])], [work()])
    assert everything(model) == before


def test_received_arrays_are_only_read(model: PeftModel) -> None:
    received = adapters(model, 2)
    for arrays in received:
        for array in arrays.values():
            array.flags.writeable = False
    results = MultiLoRATrainer(model, PAD).train(received, [holdings([9])] * 2, [work(0), work(1)])
    assert all(isinstance(result, Update) for result in results)


def test_the_clients_seconds_add_up_to_less_than_the_clock_shows(model: PeftModel) -> None:
    started = time.perf_counter()
    results = MultiLoRATrainer(model, PAD).train(
        adapters(model, 3), [holdings([9])] * 3, [work(client) for client in range(3)]
    )
    elapsed = time.perf_counter() - started
    seconds = [result.seconds for result in results if isinstance(result, Update)]
    assert min(seconds) > 0
    assert sum(seconds) < elapsed


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lora_dropout": 0.5}, "drops activations at random"),
        ({"use_dora": True}, "only plain adapters on linear layers"),
        ({"target_modules": ["q_proj", "embed_tokens"]}, "embed_tokens"),
        ({"modules_to_save": ["lm_head"]}, "lm_head"),
    ],
    ids=["dropout", "dora", "embedding", "whole layer"],
)
@pytest.mark.usefixtures("tiny_hub")
def test_what_cannot_share_a_pass_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(LanesRefused, match=words):
        MultiLoRATrainer(adapted(**changes), PAD)


def test_a_layer_that_computes_otherwise_as_on_a_quantised_base_is_refused(
    model: PeftModel,
) -> None:
    layer = model.base_model.model.model.layers[0].self_attn.v_proj
    layer.__class__ = type("Linear4bit", (type(layer),), {})
    with pytest.raises(LanesRefused, match=r"layers\.0\.self_attn\.v_proj\.lora_A"):
        MultiLoRATrainer(model, PAD)


def test_attention_dropout_of_the_base_is_refused(model: PeftModel) -> None:
    model.base_model.model.model.layers[1].self_attn.attention_dropout = 0.1
    with pytest.raises(LanesRefused, match=r"layers\.1\.self_attn drops activations"):
        MultiLoRATrainer(model, PAD)


def test_an_adapter_that_is_merged_or_off_is_refused(model: PeftModel) -> None:
    trainer = MultiLoRATrainer(model, PAD)
    model.merge_adapter()
    with pytest.raises(LanesRefused):
        trainer.train(adapters(model, 1), [holdings([9])], [work()])
    model.unmerge_adapter()
    with model.disable_adapter(), pytest.raises(LanesRefused):
        trainer.train([], [], [])
    assert trainer.train([], [], []) == []


def test_weights_of_two_number_formats_are_refused(model: PeftModel) -> None:
    next(iter(adapter_parameters(model).values())).data = torch.zeros(2, 16, dtype=torch.bfloat16)
    with pytest.raises(LanesRefused, match="number formats"):
        MultiLoRATrainer(model, PAD)


def test_tokens_that_a_router_has_picked_are_refused() -> None:
    stack = Stack()
    stack.lanes, stack.rows = 2, 4
    assert stack.by_lane(torch.zeros(4, 5, 3)).shape == (2, 10, 3)
    for shape in [(20, 3), (8, 5, 3)]:
        with pytest.raises(LanesRefused, match="moves tokens between rows"):
            stack.by_lane(torch.zeros(shape))


def test_a_product_has_the_gradients_of_a_linear_layer() -> None:
    """Whole numbers, so that both are exact: x = [1 2], W = [3 4], y = 11, for g = 5 W gets 5 x."""
    x = torch.tensor([[[1.0, 2.0]], [[0.0, 1.0]]], requires_grad=True)
    weight = torch.tensor([[[3.0, 4.0]], [[7.0, 8.0]]], requires_grad=True)
    y = product(x, weight)
    y.backward(torch.tensor([[[5.0]], [[1.0]]]))
    assert y.tolist() == [[[11.0]], [[8.0]]]
    assert weight.grad is not None and weight.grad.tolist() == [[[5.0, 10.0]], [[0.0, 1.0]]]
    assert x.grad is not None and x.grad.tolist() == [[[15.0, 20.0]], [[7.0, 8.0]]]


def rows(*lengths: int) -> list[Example]:
    return [Example(tuple(range(2, n + 2)), n - 1) for n in lengths]


def test_batches_of_like_length_share_a_pass_and_a_long_one_goes_alone() -> None:
    """With 32 a pass: all in one 32 + 3 x 100 = 332, apart 32 + 2 x 11 + 32 + 100 = 186."""
    assert PASS_COST == 32
    assert together([rows(10), rows(100), rows(11)], 512) == [[1], [0, 2]]


def test_a_pass_holds_no_more_tokens_than_it_may() -> None:
    assert together([rows(10)] * 4, 20) == [[2, 3], [0, 1]]
    assert together([rows(30), rows(30)], 20) == [[1], [0]]


@given(
    widths=st.lists(st.tuples(st.integers(2, 60), st.integers(1, 3)), max_size=6),
    tokens=st.integers(1, 300),
)
def test_no_cut_of_the_batches_in_width_order_is_cheaper(
    widths: list[tuple[int, int]], tokens: int
) -> None:
    batches = [rows(*[width] * count) for width, count in widths]

    def cost(passes: list[list[int]]) -> float:
        total = 0.0
        for each in passes:
            size = len(each) * max(widths[i][1] for i in each) * max(widths[i][0] for i in each)
            total += PASS_COST + size if size <= tokens or len(each) == 1 else np.inf
        return total

    passes = together(batches, tokens)
    order = [i for each in reversed(passes) for i in each]
    assert sorted(order) == list(range(len(batches)))
    inner = range(1, len(order))
    for cuts in (c for size in range(len(order)) for c in combinations(inner, size)):
        edges = [0, *cuts, len(order)]
        other = [order[a:b] for a, b in pairwise(edges)]
        assert cost(passes) <= cost(other)


def test_a_short_lane_is_filled_up_with_rows_that_have_no_answer() -> None:
    long, short = Example((5, 6, 7, 8), 2), Example((9, 4), 1)
    batch = padded([[long, short], [short]], PAD)
    assert batch.ids.tolist() == [[5, 6, 7, 8], [1, 1, 9, 4], [1, 1, 9, 4], [1, 1, 1, 1]]
    assert batch.mask.tolist() == [[1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 1, 1]]
    assert batch.labels.tolist() == [[7, 8], [-100, 4], [-100, 4], [-100, -100]]


def test_no_lanes_at_all_are_refused(model: PeftModel) -> None:
    with pytest.raises(ValueError, match="0 lanes"):
        MultiLoRATrainer(model, PAD, lanes=0)
