"""Sentiment of market news: the training set and three tests, in the shapes of the real ones."""

from __future__ import annotations

import random

from .market_news import LABELS, Label, News, Style, distinct
from .tables import Table
from .world import SEED, casts

TRAIN_ROWS = 4_000
TEST_ROWS_PER_LABEL = 134


def tables() -> tuple[Table, ...]:
    """The training set and the three test sets, each in the shape of the real one."""
    return market_sentiment(), market_wire(), market_posts(), market_tweets()


def question(style: Style) -> str:
    """The instruction of flwrlabs/fingpt-sentiment-train, for this kind of text."""
    kind = "news" if style in ("wire", "headline") else "tweet"
    choices = "{negative/neutral/positive}"
    return f"What is the sentiment of this {kind}? Please choose an answer from {choices}."


def market_sentiment() -> Table:
    """Training rows as in flwrlabs/fingpt-sentiment-train."""
    rng = random.Random(SEED + 1)
    labels = (rng.choice(LABELS) for _ in range(TRAIN_ROWS))
    rows = distinct(rng, "train", labels, "wire", "headline", "post", "tweet")
    return Table(
        id="mini/market-sentiment",
        split="train",
        columns={
            "instruction": [question(row.style) for row in rows],
            "input": [row.text for row in rows],
            "output": [row.label for row in rows],
        },
        note="Practice data; columns of flwrlabs/fingpt-sentiment-train.",
    )


def market_wire() -> Table:
    """Test rows as in takala/financial_phrasebank: 0 negative, 1 neutral, 2 positive."""
    rows = _test(SEED + 2, "wire")
    return Table(
        id="mini/market-wire",
        split="test",
        columns={
            "sentence": [row.text for row in rows],
            "label": [LABELS.index(row.label) for row in rows],
        },
        note="Practice data; columns of takala/financial_phrasebank.",
    )


def market_posts() -> Table:
    """Test rows as in pauri32/fiqa-2018: a score below -0.1 is negative, from 0.1 on positive."""
    rng = random.Random(SEED + 30)
    rows = _test(SEED + 3, "post", "headline")
    return Table(
        id="mini/market-posts",
        split="test",
        columns={
            "sentence": [row.text for row in rows],
            "target": [_company_in(row.text) for row in rows],
            "sentiment_score": [_score(rng, row.label) for row in rows],
            "format": [row.style for row in rows],
        },
        note="Practice data; columns of pauri32/fiqa-2018 that the evaluation reads.",
    )


def market_tweets() -> Table:
    """Test rows as in zeroshot/twitter-financial-news-sentiment: 0 neg, 1 pos, 2 neutral."""
    order: tuple[Label, ...] = ("negative", "positive", "neutral")
    rows = _test(SEED + 4, "tweet")
    return Table(
        id="mini/market-tweets",
        split="test",
        columns={
            "text": [row.text for row in rows],
            "label": [order.index(row.label) for row in rows],
        },
        note="Practice data; columns of zeroshot/twitter-financial-news-sentiment.",
    )


def _test(seed: int, *styles: Style) -> list[News]:
    """Exactly balanced rows in a mixed order."""
    rng = random.Random(seed)
    labels = list(LABELS * TEST_ROWS_PER_LABEL)
    rng.shuffle(labels)
    return distinct(rng, "test", iter(labels), *styles)


def _company_in(text: str) -> str:
    return next(company.name for company in casts()["test"] if company.name in text)


def _score(rng: random.Random, label: Label) -> float:
    """A score on the label's side of FiQA's two thresholds."""
    low, high = {"negative": (-90, -12), "neutral": (-9, 9), "positive": (12, 90)}[label]
    return rng.randint(low, high) / 100
