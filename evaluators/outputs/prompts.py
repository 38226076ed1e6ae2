"""What each form asks under each protocol, and how a file shows it: the key that items go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..documents import Document
from ..job import Format, Protocol
from ..suites import Form
from ..tasks import choice, decision, program, sentiment

PROMPTS: dict[tuple[Form, Protocol], Callable[[Mapping[str, Any]], str]] = {
    ("sentiment", "official"): sentiment.official_prompt,
    ("sentiment", "clean"): sentiment.clean_prompt,
    ("choice", "official"): choice.official_prompt,
    ("choice", "clean"): choice.clean_prompt,
    ("decision", "official"): decision.official_prompt,
    ("decision", "clean"): decision.clean_prompt,
    ("program", "official"): program.prompt,
    ("program", "clean"): program.prompt,
}
WRAPPING = ("<|im_start|>question\n", "<|im_end|>\n<|im_start|>answer\n")


def asked(form: Form, protocol: Protocol, doc: Document) -> str:
    """The prompt, to the last space."""
    return PROMPTS[form, protocol](doc)


def key(form: Form, protocol: Protocol, doc: Document, format: Format) -> str:
    """The prompt as `shown` has it. FlowerTune's files leave out the wrapping."""
    prompt = asked(form, protocol, doc)
    if format == "flowertune":
        prompt = prompt.removeprefix(WRAPPING[0]).removesuffix(WRAPPING[1])
    return shown(prompt)


def shown(prompt: str) -> str:
    """A prompt for comparing: space at its ends says nothing about which item it asks."""
    return prompt.strip()
