"""Our lm-eval model: answers depend on the item, not on its neighbours."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lm_eval.models.huggingface import HFLM

from evaluators.errors import EngineError
from evaluators.lm import CausalLM
from federated.model import Loaded
from tests.evaluators.helpers import WORDS, continuations, generation, sentence

TEXTS = [sentence(random.Random(i)) for i in range(9)] + [sentence(random.Random(0))]
OPTIONS = (" negative", " neutral", " positive")

quick = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(st.permutations(range(len(TEXTS))), st.integers(1, 11))
def test_neither_order_nor_batch_size_changes_a_completion(
    loaded: Loaded, order: list[int], batch_size: int
) -> None:
    wanted = CausalLM(loaded, 4).generate_until([generation(text) for text in TEXTS])
    found = CausalLM(loaded, batch_size).generate_until([generation(TEXTS[i]) for i in order])
    assert found == [wanted[i] for i in order]


@quick
@given(st.permutations(range(len(TEXTS))), st.integers(1, 11))
def test_neither_order_nor_batch_size_changes_a_likelihood(
    loaded: Loaded, order: list[int], batch_size: int
) -> None:
    def ask(size: int, texts: list[str]) -> list[tuple[float, bool]]:
        requests = [r for text in texts for r in continuations(text, *OPTIONS)]
        return CausalLM(loaded, size).loglikelihood(requests)

    wanted = ask(4, TEXTS)
    found = ask(batch_size, [TEXTS[i] for i in order])
    expected = [wanted[3 * i + k] for i in order for k in range(3)]
    assert [value for value, _ in found] == pytest.approx(
        [value for value, _ in expected], abs=2e-4
    )
    assert [greedy for _, greedy in found] == [greedy for _, greedy in expected]


def test_likelihoods_are_lm_evals_own(loaded: Loaded) -> None:
    requests = [r for text in TEXTS for r in continuations(text, *OPTIONS)]
    theirs = HFLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=4)
    wanted = theirs.loglikelihood(requests, disable_tqdm=True)
    found = CausalLM(loaded, 4).loglikelihood(requests)
    assert [value for value, _ in found] == pytest.approx([v for v, _ in wanted], abs=2e-4)
    assert [greedy for _, greedy in found] == [greedy for _, greedy in wanted]


def test_echo_answers_the_whole_text_and_without_it_the_completion(loaded: Loaded) -> None:
    lm = CausalLM(loaded, 2)
    whole = lm.generate_until([generation("oil fell")])[0]
    rest = lm.generate_until([generation("oil fell", echo=False)])[0]
    assert whole == "oil fell" + rest


def test_the_limit_counts_the_prompt(loaded: Loaded) -> None:
    lm = CausalLM(loaded, 2)
    text = " ".join(WORDS)
    used = len(lm.encode(text))
    assert lm.generate_until([generation(text, max_length=used)]) == [text]
    longer = lm.generate_until([generation(text, max_length=used + 3)])[0]
    assert 0 < len(lm.encode(longer)) - used <= 4


def test_items_are_counted_once_however_they_are_asked(loaded: Loaded) -> None:
    counted: list[int] = []
    lm = CausalLM(loaded, 3, counted.append)
    lm.generate_until([generation(text) for text in TEXTS])
    assert sum(counted) == len(TEXTS)
    counted.clear()
    lm.loglikelihood([r for text in TEXTS for r in continuations(text, *OPTIONS)])
    assert sum(counted) == len(TEXTS)


def test_a_context_longer_than_the_model_loses_its_beginning(loaded: Loaded) -> None:
    loaded.model.config.max_position_embeddings = 16
    pair = CausalLM(loaded, 1).encode_pair(" ".join(WORDS * 3), " positive")
    assert len(pair.prefix) + len(pair.tokens) == 16
    assert pair.prefix == CausalLM(loaded, 1).encode(" ".join(WORDS * 3))[-len(pair.prefix) :]


def test_what_is_not_supported_says_so(loaded: Loaded) -> None:
    lm = CausalLM(loaded, 1)
    with pytest.raises(EngineError, match="Perplexity"):
        lm.loglikelihood_rolling([])
    with pytest.raises(EngineError, match="until"):
        lm.generate_until([generation("x", until=["\n"])])
