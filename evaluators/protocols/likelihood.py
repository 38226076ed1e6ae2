"""The clean protocol where answers are given: the likeliest one counts.

Sentiments, words of unlike length, are compared per character (lm-eval's acc_norm): characters
rather than tokens, so that a score can be recomputed from the items file alone and means the same
for every tokenizer. Letters, and yes, no and maybe, are compared as they are (acc). A tie goes to
the answer that comes first in the task.
"""

from __future__ import annotations

from collections.abc import Sequence

from .base import Verdict


def clean(
    loglikelihoods: Sequence[float], gold: str, options: Sequence[str], per_character: bool
) -> Verdict:
    """The likeliest answer; always compliant, since nothing else can be chosen.

    loglikelihoods: natural logarithms, one an option, in the task's order.
    """
    values = list(loglikelihoods)
    if per_character:
        values = [value / len(option) for value, option in zip(values, options, strict=True)]
    answer = options[values.index(max(values))]
    return Verdict(answer, answer == gold, True)
