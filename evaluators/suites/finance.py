"""Finance: sentiment of financial texts, the FlowerTune LLM Leaderboard's sets, selections and
label rules (specification 3.3; sizes checked against published outputs)."""

from __future__ import annotations

import math
from typing import Literal

from .base import Holdout, Row, Suite, Task, practice
from .questions import Sentiment, named, text

SENTIMENTS = ("negative", "neutral", "positive")


def phrase(row: Row) -> Sentiment:
    """Financial PhraseBank: label 0, 1, 2 = negative, neutral, positive."""
    return Sentiment(text(row["sentence"], "sentence"), named(row["label"], SENTIMENTS), "news")


def post(row: Row) -> Sentiment:
    """FiQA 2018: a score from -1 to 1 cut at -0.1 and 0.1; format "post" is a tweet."""
    score = row["sentiment_score"]
    if not isinstance(score, (int, float)) or math.isnan(score):
        raise ValueError(f"sentiment_score is {score!r}, a number was wanted")
    gold = "negative" if score < -0.1 else "neutral" if score < 0.1 else "positive"
    kind: Literal["news", "tweet"] = "tweet" if row["format"] == "post" else "news"
    return Sentiment(text(row["sentence"], "sentence"), gold, kind)


def tweet(row: Row) -> Sentiment:
    """Twitter financial news: label 0, 1, 2 = negative (bearish), positive (bullish), neutral."""
    gold = named(row["label"], ("negative", "positive", "neutral"))
    return Sentiment(text(row["text"], "text"), gold, "tweet")


QUARTER = Holdout(share=0.25, seed=42)
FIRST_MATCH = (
    "The text between the first and the second “Answer: ” is searched for “positive”, then for "
    "“negative”; anything else is neutral.",
    "A model's own generation settings apply, up to 512 tokens with the prompt.",
)

FPB = Task(
    key="fpb",
    title="Financial PhraseBank",
    dataset="takala/financial_phrasebank",
    revision="refs/convert/parquet",  # the hub serves it from there since scripts are gone
    configs=("sentences_50agree",),
    splits=("train",),
    holdout=QUARTER,
    columns=("sentence", "label"),
    read=phrase,
    form="sentiment",
    options=SENTIMENTS,
    n=1212,
    quirks=FIRST_MATCH,
)
FIQA = Task(
    key="fiqa",
    title="FiQA 2018",
    dataset="pauri32/fiqa-2018",
    splits=("train", "validation", "test"),
    holdout=QUARTER,
    columns=("sentence", "sentiment_score", "format"),
    read=post,
    form="sentiment",
    options=SENTIMENTS,
    n=304,
    quirks=(*FIRST_MATCH, "29 of the 304 questions also stand in the training data."),
)
TFNS = Task(
    key="tfns",
    title="Twitter financial news",
    dataset="zeroshot/twitter-financial-news-sentiment",
    splits=("validation",),
    columns=("text", "label"),
    read=tweet,
    form="sentiment",
    options=SENTIMENTS,
    n=2388,
    quirks=FIRST_MATCH,
)

FINANCE = Suite("finance", "Finance", "1", (FPB, FIQA, TFNS))
PRACTICE = Suite(
    "finance-mini",
    "Finance, practice data",
    "1",
    (
        practice(FPB, "wire", "Market wire", "mini/market-wire"),
        practice(FIQA, "posts", "Market posts", "mini/market-posts"),
        practice(TFNS, "tweets", "Market tweets", "mini/market-tweets"),
    ),
    practice=True,
)
