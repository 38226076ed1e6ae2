"""What a reader recognises a question by, found in the exact prompt. Pure text.

A prompt wraps its question in instructions, a context, or code; the record keeps only the whole.
Plain searches rather than patterns: a prompt of a megabyte costs no more than reading it.
"""

from __future__ import annotations

import re

LONGEST = 180
"""Characters of a beginning."""

OPTIONS, ANSWER = "\nOptions:\n", "\nThe answer is:"
LETTER = re.compile(r"(?:^|\n)([A-J])\. ")
WRAPPING = ("<|im_start|>question", "<|im_start|>answer", "<|im_start|>", "<|im_end|>")


def beginning(prompt: str) -> str:
    """The question's first words, on one line."""
    found = (ask(prompt) for ask in (_choice, _sentiment, _decision, _docstring, _comment))
    return one_line(next(filter(None, found), None) or _bare(prompt), LONGEST)


def one_line(text: str, longest: int) -> str:
    """The first characters with every gap a single space; an ellipsis where more follows."""
    words = " ".join(text[: 4 * longest].split())
    if len(words) <= longest:
        return words
    whole, gap, _ = words[:longest].rpartition(" ")
    return f"{whole.rstrip('.,;:') if gap else words[: longest - 1]}…"


def option_texts(prompt: str) -> dict[str, str]:
    """What the lettered options of a choice say; empty where there are none."""
    _, found, listed = prompt.rpartition(OPTIONS)
    parts = LETTER.split(listed.partition(ANSWER)[0]) if found else []
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _choice(prompt: str) -> str:
    """Between "Question: " and the options."""
    question, found, _ = prompt.partition("Question: ")[2].partition(OPTIONS)
    return question if found else ""


def _sentiment(prompt: str) -> str:
    """The text that the answer is about."""
    text, found, _ = prompt.partition("\nInput: ")[2].rpartition("\nAnswer:")
    return text if found else ""


def _decision(prompt: str) -> str:
    """The last line before the answer; the context stands above it."""
    before, found, _ = prompt.rpartition(ANSWER)
    return before.rpartition("\n")[2] if found else ""


def _docstring(prompt: str) -> str:
    """The last docstring, up to its examples."""
    for quotes in ('"""', "'''"):
        parts = prompt.split(quotes)
        if len(parts) > 2:
            return re.split(r">>>|\n\s*\n|\nassert ", parts[-2].strip(), maxsplit=1)[0]
    return ""


def _comment(prompt: str) -> str:
    """The first line of the comment above a function."""
    lines = (line.strip() for line in prompt.splitlines())
    return next((text for line in lines if (text := _said(line))), "")


def _said(line: str) -> str:
    return line.lstrip("/* ") if line.startswith(("//", "/*", "*")) else ""


def _bare(prompt: str) -> str:
    for tag in WRAPPING:
        prompt = prompt.replace(tag, " ")
    return prompt
