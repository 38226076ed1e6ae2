"""The published reading of a sentiment (specification 3.3), on the whole decoded text, prompt and
completion together.

  - The answer segment is what stands between the first and the second "Answer: "; a text without
    one counts as the word "None".
  - A segment with "positive" is positive, else with "negative" negative, else neutral. Each word
    is looked for in lower case and with a capital first letter, no other way: "POSITIVE" is
    neutral.

The specification names the order of the words; that the two spellings count, and no others, was
read in the published evaluator's behaviour. A prompt whose text itself holds "Answer: " is judged
by the wrong segment there, and so here.
"""

from __future__ import annotations

from collections.abc import Sequence

from .base import Verdict

MARKER = "Answer: "
NO_SEGMENT = "None"


def official(text: str, gold: str, options: Sequence[str]) -> Verdict:
    """The verdict on a whole text; compliant if the segment is one of the words and no more."""
    return official_segment(answer_segment(text), gold, options)


def official_segment(segment: str, gold: str, options: Sequence[str]) -> Verdict:
    """The same where the answer segment is all that was kept."""
    answer = sentiment_in(segment)
    return Verdict(answer, answer == sentiment_in(gold), _is_option(segment, options))


def answer_segment(text: str) -> str:
    """What stands between the first and the second marker; "None" without a marker."""
    parts = text.split(MARKER, 2)
    return parts[1] if len(parts) > 1 else NO_SEGMENT


def sentiment_in(segment: str) -> str:
    """The published reading of a segment."""
    for word in ("positive", "negative"):
        if word in segment or word.capitalize() in segment:
            return word
    return "neutral"


def settled(text: str, options: Sequence[str]) -> bool:
    """Whether no continuation of this text can change `official`'s verdict or its compliance.

    So when the segment is closed by a second marker, or when it already holds "positive" and more
    than an answer. The second marker counts only with some text after it: some tokenizers take back
    the space before punctuation and before "n't" when they decode more.
    """
    parts = text.split(MARKER, 2)
    if len(parts) < 2:
        return False
    if len(parts) == 3:
        return len(parts[2]) > 3 and parts[2][0].isalnum()
    segment = parts[1]
    return sentiment_in(segment) == "positive" and not any(
        _is_option(ending, options) for ending in _endings(segment)
    )


def _endings(segment: str) -> list[str]:
    """The segment, and what is left of it should its end turn out to begin a second marker."""
    cut = [k for k in range(1, len(MARKER)) if segment.endswith(MARKER[:k])]
    return [segment, *(segment[:-k] for k in cut)]


def _is_option(segment: str, options: Sequence[str]) -> bool:
    return segment.strip().lower() in options
