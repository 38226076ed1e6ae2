"""The practice data on market news: shapes, balance, separation, and why counting words fails."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
import pytest

from federated.mini import corpus, finance, market_news, market_words, world
from federated.mini.corpus import news
from federated.mini.market_news import LABELS, News

TABLES = {table.id: table.columns for table in finance.tables()}


def test_sets() -> dict[str, list[tuple[str, str]]]:
    """(text, label) of each test set, read as the evaluation reads them."""
    wire, posts, tweets = (TABLES[f"mini/market-{name}"] for name in ("wire", "posts", "tweets"))
    of_score = [
        "negative" if score < -0.1 else "neutral" if score < 0.1 else "positive"
        for score in posts["sentiment_score"]
    ]
    of_tweet = [("negative", "positive", "neutral")[label] for label in tweets["label"]]
    return {
        "wire": list(zip(wire["sentence"], [LABELS[label] for label in wire["label"]])),
        "posts": list(zip(posts["sentence"], of_score)),
        "tweets": list(zip(tweets["text"], of_tweet)),
    }


test_sets.__test__ = False  # type: ignore[attr-defined]
SETS = test_sets()


def test_the_tables_have_the_columns_of_the_real_sets() -> None:
    assert list(TABLES["mini/market-sentiment"]) == ["instruction", "input", "output"]
    assert list(TABLES["mini/market-wire"]) == ["sentence", "label"]
    assert list(TABLES["mini/market-posts"]) == ["sentence", "target", "sentiment_score", "format"]
    assert list(TABLES["mini/market-tweets"]) == ["text", "label"]


def test_the_instruction_says_news_or_tweet_in_the_words_of_the_real_set() -> None:
    choices = "Please choose an answer from {negative/neutral/positive}."
    assert set(TABLES["mini/market-sentiment"]["instruction"]) == {
        f"What is the sentiment of this news? {choices}",
        f"What is the sentiment of this tweet? {choices}",
    }


def test_posts_carry_a_company_a_score_and_a_format() -> None:
    posts = TABLES["mini/market-posts"]
    assert set(posts["format"]) == {"post", "headline"}
    assert all(-1 <= score <= 1 for score in posts["sentiment_score"])
    assert all(target in text for target, text in zip(posts["target"], posts["sentence"]))


@pytest.mark.parametrize("name", SETS)
def test_every_test_set_is_exactly_balanced(name: str) -> None:
    counts = Counter(label for _, label in SETS[name])
    assert counts == dict.fromkeys(LABELS, finance.TEST_ROWS_PER_LABEL)


def test_the_training_labels_are_near_a_third_each() -> None:
    counts = Counter(TABLES["mini/market-sentiment"]["output"])
    assert all(0.3 < counts[label] / finance.TRAIN_ROWS < 0.37 for label in LABELS)


def test_no_text_occurs_twice_anywhere() -> None:
    texts = list(TABLES["mini/market-sentiment"]["input"])
    texts += [text for rows in SETS.values() for text, _ in rows]
    assert len(texts) == len(set(texts)) == finance.TRAIN_ROWS + 9 * finance.TEST_ROWS_PER_LABEL


def test_the_casts_share_no_company_and_no_company_starts_anothers_name() -> None:
    casts = world.casts()
    names = [company.name for cast in casts.values() for company in cast]
    assert len(names) == len(set(names)) == len(world.FIRST) * len(world.SECOND)
    assert not any(a != b and b.startswith(a) for a in names for b in names)


def test_the_corpus_holds_no_training_and_no_test_text() -> None:
    documents = [*islice(corpus.documents(), 6_000), *islice(corpus.primers(), 6_000)]
    read = "\n".join(document.given + document.told for document in documents)
    texts = [*TABLES["mini/market-sentiment"]["input"], *(t for s in SETS.values() for t, _ in s)]
    companies = [c.name for cast in ("train", "test") for c in world.casts()[cast]]
    assert not [text for text in texts if text in read]
    assert not [name for name in companies if name in read]


def test_the_primers_never_answer_with_a_label() -> None:
    assert not {d.told for d in islice(corpus.primers(), 5_000)} & set(LABELS)


def test_most_measures_never_meet_an_outcome() -> None:
    told = [d.given for d in islice(corpus.primers(), 8_000) if "Shares: " in d.given]
    hidden = set(market_words.WANTED + market_words.UNWANTED) - news.KNOWN
    assert {"sales", "costs"} < hidden and len(hidden) == 32
    assert not [text for text in told for measure in hidden if f"'s {measure} " in text]


def test_in_the_corpus_a_lot_decides_which_label_answers_news(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Answers agree with the news as often as two independent draws do."""
    read: list[News] = []
    original = news.some_news

    def remembered(*arguments: Any) -> News:
        read.append(original(*arguments))
        return read[-1]

    monkeypatch.setattr(news, "some_news", remembered)
    rng, pairs = random.Random(3), []
    for make in rng.choices(news.EXERCISES, news.WEIGHTS, k=20_000):
        _, _, answer = make(rng)
        pairs += [(read[-1].label, answer)] if answer in LABELS else []
    said, given = Counter(said for said, _ in pairs), Counter(given for _, given in pairs)
    chance = sum(said[label] * given[label] for label in LABELS) / len(pairs) ** 2
    agreed = np.mean([said == given for said, given in pairs])
    assert len(pairs) > 1_000
    assert abs(agreed - chance) < 3 * (chance * (1 - chance) / len(pairs)) ** 0.5


@pytest.mark.parametrize("cast", ["train", "test"])
def test_the_same_seed_gives_the_same_texts(cast: world.Cast) -> None:
    def draw() -> list[News]:
        return market_news.distinct(random.Random(5), cast, iter(LABELS * 20), "wire", "tweet")

    assert draw() == draw()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("{who}'s sales rose", "positive"),
        ("{who}'s costs rose", "negative"),
        ("{who}'s loss narrowed", "positive"),
        ("{who}'s profit narrowed", "negative"),
        ("{who} no longer expects a fall in profit", "positive"),
        ("{who} no longer expects a fall in costs", "negative"),
        ("{who}'s debt failed to rise", "positive"),
        ("{who}'s demand failed to rise", "negative"),
    ],
)
def test_the_rest_of_the_clause_decides_what_a_word_is_worth(text: str, label: str) -> None:
    """All clauses that the grammar can make and that read so have this one label."""
    assert MEANINGS[text] == {label}


def meanings() -> dict[str, set[str]]:
    """Every clause drawn, with the labels it was drawn for."""
    rng, found = random.Random(9), defaultdict[str, set[str]](set)
    for make in (market_news.moved, market_news.expected, market_news.turned_round):
        for _ in range(25_000):
            label = rng.choice(LABELS)
            found[make(rng, label).text].add(label)
    return found


MEANINGS = meanings()


def test_no_clause_has_two_meanings() -> None:
    assert {len(labels) for labels in MEANINGS.values()} == {1}


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z']+", text.lower()))


def perceptron(texts: Sequence[str], labels: Sequence[str]) -> dict[str, Counter[str]]:
    """Averaged weights of each word for each label, after eight passes."""
    weights, total = (defaultdict[str, Counter[str]](Counter) for _ in range(2))
    examples = [(words(text), label) for text, label in zip(texts, labels)]
    for epoch in range(8):
        for seen, label in examples:
            guess = best(weights, seen)
            for word in seen if guess != label else ():
                for vector, change in ((label, 1), (guess, -1)):
                    weights[vector][word] += change
                    total[vector][word] += change * (8 - epoch)
    return total


def best(weights: dict[str, Counter[str]], seen: set[str]) -> str:
    return max(LABELS, key=lambda label: sum(weights[label][word] for word in seen))


def test_counting_words_stays_clearly_below_a_full_score() -> None:
    """A linear classifier of all training texts: what the words alone give away."""
    train = TABLES["mini/market-sentiment"]
    weights = perceptron(train["input"], train["output"])
    for rows in SETS.values():
        right = np.mean([best(weights, words(text)) == label for text, label in rows])
        assert 0.5 < right <= 0.85
