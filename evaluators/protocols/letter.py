r"""The published reading of a lettered answer and of yes or no (specifications 3.2 and 3.4).

Output and gold are put into lower case. Of an output with a "\n##" only the line after it is read.
What is neither letter nor digit becomes a space, runs of spaces become one, the ends are cut off.

  letter     the first character counts if it is one of a to e
  decision   doubled words are mended, the first of these that occurs: yesyes, nono, yesno (to
             yes), noyes (to no); what is left counts if it is exactly yes or no

Anything else is compared with the gold answer as it was written, in lower case: so that "maybe"
is right only if the output is that word and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .base import Verdict

HEADING = "\n##"
READABLE = frozenset(("a", "b", "c", "d", "e"))
MENDED = {"yesyes": "yes", "nono": "no", "yesno": "yes", "noyes": "no"}


def letter(output: str, gold: str, options: Sequence[str]) -> Verdict:
    """A lettered answer; compliant if the output is one of the letters and no more."""
    read = _plain(output)[:1]
    answer = read.upper() if read in READABLE else None
    return _verdict(output, answer, gold, options)


def decision(output: str, gold: str, options: Sequence[str]) -> Verdict:
    """Yes or no, or exactly the gold word; compliant if the output is one of the words alone."""
    read = _mended(_plain(output))
    answer = read if read in ("yes", "no") else None
    return _verdict(output, answer, gold, options)


def _verdict(output: str, answer: str | None, gold: str, options: Sequence[str]) -> Verdict:
    raw = output.lower()
    counts = raw if answer is None else answer.lower()
    # Nothing was read, but the raw text is an answer all the same ("maybe").
    said = answer or next((option for option in options if option.lower() == raw), None)
    form = output.strip().rstrip(".").lower() in {option.lower() for option in options}
    return Verdict(said, counts == gold.lower(), form)


def _plain(output: str) -> str:
    text = output.lower()
    if HEADING in text:
        text = text.split(HEADING)[1].split("\n")[0].strip()
    return " ".join(re.sub(r"[^a-z0-9]", " ", text).split())


def _mended(text: str) -> str:
    for doubled, single in MENDED.items():
        if doubled in text:
            return text.replace(doubled, single)
    return text
