"""lm-evaluation-harness: a row of samples_*.jsonl, and the scores in results_*.json.

A row has the requests in `arguments` ({"gen_args_0": {"arg_0": prompt, "arg_1": ...}}, in older
versions a list of lists) and one entry of `resps` for each: [log-likelihood, is greedy] where
`arg_1` is an answer, or the completions where it holds generation settings. Numbers are strings.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ..rescore.lines import Malformed
from .rows import Output, text_of

METRICS = ("acc", "acc_norm", "pass@1")
FILTERS = ("none", "create_test")


def sample(where: str, row: Mapping[str, Any]) -> Iterator[Output]:
    """The answers of one row."""
    asked, answered = requests(row.get("arguments")), row.get("resps")
    if not asked or not isinstance(answered, list) or len(asked) != len(answered):
        raise Malformed(f"{where}: as many resps as arguments were wanted.")
    place, gold = row.get("doc_id"), row.get("target")
    found = Output(
        where,
        "text",
        prompt=asked[0][0],
        place=place if isinstance(place, int) else None,
        gold=gold if isinstance(gold, str) else None,
        content=_texts(row.get("doc")),
    )
    if isinstance(asked[0][1], str):
        logs = tuple(_likelihood(where, *pair) for pair in zip(asked, answered, strict=True))
        yield found._replace(shape="likelihoods", likelihoods=logs)
        return
    for text in answered[0] if isinstance(answered[0], list) else [answered[0]]:
        if not isinstance(text, str):
            raise Malformed(f"{where}: a completion is {text!r:.60}, a text was wanted.")
        yield found._replace(text=text_of(text))


def requests(arguments: Any) -> list[tuple[str, Any]]:
    """(prompt, answer or settings) of each request; [] where they are not told."""
    listed = list(arguments.values()) if isinstance(arguments, dict) else arguments
    pairs = [list(each.values()) if isinstance(each, dict) else each for each in listed or []]
    sound = all(
        isinstance(pair, list) and len(pair) >= 2 and isinstance(pair[0], str) for pair in pairs
    )
    return [(pair[0], pair[1]) for pair in pairs] if sound else []


def _likelihood(where: str, asked: tuple[str, Any], answered: Any) -> tuple[str, float]:
    found = answered
    while isinstance(found, list) and found:
        found = found[0]
    try:
        value = float(found)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value) or not isinstance(asked[1], str):
        raise Malformed(f"{where}: a log-likelihood is {found!r:.60}, a number was wanted.")
    return asked[1].strip(), value


def _texts(doc: Any) -> tuple[str, ...]:
    values = doc.values() if isinstance(doc, dict) else ()
    return tuple(value for value in values if isinstance(value, str))


def claims_in(results: Any, task: str) -> dict[str, float]:
    """The shares of right answers that the results state for a task, by metric."""
    found = results.get("results", {}) if isinstance(results, dict) else {}
    scores = found.get(task) if isinstance(found, dict) else None
    if not isinstance(scores, dict):
        return {}
    return {
        metric: float(value)
        for metric in METRICS
        for chain in FILTERS
        if isinstance(value := scores.get(f"{metric},{chain}"), (int, float))
    }
