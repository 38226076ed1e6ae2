"""Our lm-eval model: answers depend on the item, not on its neighbours."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

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
@given(st.permutations(range(len(TEXTS))), st.integers(1, 11), st.sampled_from([7, 60, 1024]))
def test_neither_order_nor_batch_changes_a_letter(
    loaded: Loaded, order: list[int], batch_size: int, tokens: int
) -> None:
    """As lettered questions are scored: four options of one token, the likeliest wins."""
    letters = ("A", "B", "C", "D")

    def ask(size: int, texts: list[str]) -> list[list[float]]:
        requests = [r for text in texts for r in continuations(f"Question: {text}\n", *letters)]
        found = [value for value, _ in CausalLM(loaded, size).loglikelihood(requests)]
        return [found[at : at + 4] for at in range(0, len(found), 4)]

    wanted = ask(4, TEXTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evaluators.lm.causal.TOKENS", tokens)
        found = ask(batch_size, [TEXTS[i] for i in order])
    assert [row.index(max(row)) for row in found] == [
        wanted[i].index(max(wanted[i])) for i in order
    ]


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
    used = lm.codec.count(text)
    assert lm.generate_until([generation(text, max_length=used)]) == [text]
    longer = lm.generate_until([generation(text, max_length=used + 3)])[0]
    assert 0 < lm.codec.count(longer) - used <= 4


def test_items_are_counted_once_however_they_are_asked(loaded: Loaded) -> None:
    counted: list[int] = []
    lm = CausalLM(loaded, 3, counted.append)
    lm.generate_until([generation(text) for text in TEXTS])
    assert sum(counted) == len(TEXTS)
    counted.clear()
    lm.loglikelihood([r for text in TEXTS for r in continuations(text, *OPTIONS)])
    assert sum(counted) == len(TEXTS)


def test_the_prompt_list_may_be_empty_and_so_may_a_prompt(loaded: Loaded) -> None:
    lm = CausalLM(loaded, 2)
    assert lm.generate_until([]) == [] and lm.loglikelihood([]) == []
    assert len(lm.generate_until([generation("")])) == 1


def test_a_tokenizer_need_not_have_a_pad_token(loaded: Loaded) -> None:
    asked = [generation(text) for text in TEXTS]
    wanted = CausalLM(loaded, 4).generate_until(asked)
    loaded.tokenizer.pad_token = None
    assert CausalLM(loaded, 4).generate_until(asked) == wanted


def test_an_item_has_the_room_its_document_says(loaded: Loaded) -> None:
    lm = CausalLM(loaded, 3)

    def room(doc: dict[str, str], count: Callable[[str], int]) -> int:
        return min(count(doc["item_id"]), 4)

    kwargs = {"echo": False, "max_length": None, "room": room}
    found = lm.generate_until([generation(text, **kwargs) for text in ("oil", *TEXTS)])
    for text, written in zip(("oil", *TEXTS), found, strict=True):
        length = lm.codec.count(text)
        asked = generation(text, echo=False, max_length=length + min(length, 4))
        assert [written] == lm.generate_until([asked])


def test_a_prompt_longer_than_the_model_is_continued_from_its_end(loaded: Loaded) -> None:
    loaded.model.config.max_position_embeddings = 16
    text, kwargs = " ".join(WORDS * 3), {"max_length": None, "room": lambda doc, count: 1}
    lm = CausalLM(loaded, 1)
    end = lm.codec.decode(lm.codec.encode([text])[text][-15:])
    assert lm.generate_until([generation(text, **kwargs)])[0].startswith(text)
    rest = lm.generate_until([generation(text, echo=False, **kwargs)])
    assert rest == lm.generate_until([generation(end, echo=False, **kwargs)])


def test_a_stop_string_cuts_and_changes_nothing_before_it(loaded: Loaded) -> None:
    lm = CausalLM(loaded, 3)
    whole = lm.generate_until([generation(text, echo=False) for text in TEXTS])
    stop = whole[0][5:8]
    cut = lm.generate_until([generation(text, echo=False, until=[stop]) for text in TEXTS])
    assert cut == [text.partition(stop)[0] for text in whole] and cut != whole
    echoed = lm.generate_until([generation(text, until=[stop]) for text in TEXTS])
    assert echoed == [a + b for a, b in zip(TEXTS, cut, strict=True)]


def test_samples_differ_and_depend_on_neither_batch_nor_order(loaded: Loaded) -> None:
    kwargs = {"do_sample": True, "temperature": 1.5, "top_k": 0}

    def ask(batch_size: int, order: Sequence[int]) -> list[str]:
        asked = [generation(TEXTS[i], **kwargs) for i in order]
        return CausalLM(loaded, batch_size).generate_until([a for a in asked for _ in range(3)])

    wanted = ask(4, range(5))
    assert len(set(wanted[:3])) == 3
    assert wanted[::3] == CausalLM(loaded, 4).generate_until(
        [generation(text, **kwargs) for text in TEXTS[:5]]
    )
    order = [3, 0, 4, 1, 2]
    assert ask(7, order) == [wanted[3 * i + k] for i in order for k in range(3)]


def test_greedy_samples_are_written_once(loaded: Loaded) -> None:
    counted: list[int] = []
    lm = CausalLM(loaded, 8, counted.append)
    request = generation("oil fell", do_sample=False, max_length=12)
    [one, two, three] = lm.generate_until([request] * 3)
    assert one == two == three
    assert sum(counted) == 1


def test_an_item_of_several_samples_is_counted_once(loaded: Loaded) -> None:
    counted: list[int] = []
    lm = CausalLM(loaded, 2, counted.append)
    asked = [generation(text, do_sample=True, max_length=20) for text in TEXTS]
    lm.generate_until([request for request in asked for _ in range(3)])
    assert sum(counted) == len(TEXTS)


def test_a_stop_string_that_is_a_token_ends_the_text(loaded: Loaded) -> None:
    codec = CausalLM(loaded, 1).codec
    assert codec.ends(["<|pad|>", "oil"]) == {0, 1}
    assert codec.ends([]) == {0}


def test_a_context_longer_than_the_model_loses_its_beginning(loaded: Loaded) -> None:
    loaded.model.config.max_position_embeddings = 16
    codec, text = CausalLM(loaded, 1).codec, " ".join(WORDS * 3)
    [pair] = codec.continuations([(text, " positive")])
    assert len(pair.prefix) + len(pair.tokens) == 16
    assert pair.prefix == codec.encode([text])[text][-len(pair.prefix) :]


def test_what_is_not_supported_says_so(loaded: Loaded) -> None:
    with pytest.raises(EngineError, match="Perplexity"):
        CausalLM(loaded, 1).loglikelihood_rolling([])
