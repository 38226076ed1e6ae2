"""The base model: a byte-level tokenizer and a tiny Llama, made from the corpus and a seed.

Reproducible as far as it was checked: on one machine (Intel Xeon, AVX2 asked for, one thread,
torch 2.13.0 for CPU) two trainings gave the same bytes. Not checked: another processor, another
torch, another operating system. `python -m federated.mini check` says how it is on yours; the
shipped files are what counts, whatever a rebuild gives.
"""

from __future__ import annotations

import math
import random
import shutil
import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import BASE
from .corpus import documents, primers, vocabulary
from .corpus.frames import Document
from .world import SEED

if TYPE_CHECKING:
    import torch
    from transformers import LlamaForCausalLM

EOS, PAD = "<|endoftext|>", "<|pad|>"
# A space after a colon stands alone, so that "Answer: " and "Answer: positive" share a prefix
# whether they are cut together or apart; digits stand alone, so that amounts can be compared.
PIECES = r"(?<=:) |\n(?: {4})+|#+| ?[A-Za-z]+| ?[0-9]| ?[^\sA-Za-z0-9]|\s"
THREADS = 1
SKIP = -100


class Size(NamedTuple):
    """The shape of the model, in units and layers."""

    vocabulary: int = 2560
    hidden: int = 128
    inner: int = 320
    layers: int = 4
    heads: int = 4
    positions: int = 512


class Schedule(NamedTuple):
    """How long and how fast it learns; rates are for the matrices and for all else."""

    steps: int = 1_750
    batch: int = 32
    primer_steps: int = 750
    primer_batch: int = 48
    matrix_rate: float = 0.02
    other_rate: float = 3e-3
    warmup: int = 50


class Example(NamedTuple):
    """One document's tokens, and the same with SKIP where nothing is to be predicted."""

    tokens: list[int]
    targets: list[int]


SIZE, SCHEDULE = Size(), Schedule()


def make(folder: Path, size: Size = SIZE, schedule: Schedule = SCHEDULE) -> None:
    """Train tokenizer and model and write them, with the README, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = train_tokenizer(size)
    model = train_model(tokenizer, size, schedule)
    save(folder, tokenizer, model, size)
    if folder != BASE:
        shutil.copy(BASE / "README.md", folder)


def train_tokenizer(size: Size) -> Any:
    """Byte-level BPE on the corpus; no text is unknown to it."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    pieces = pre_tokenizers.Split(Regex(PIECES), "isolated")
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pieces, as_bytes])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size.vocabulary,
        special_tokens=[EOS, PAD],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    words = list(vocabulary())
    texts = ("".join(document) for document in islice(documents(), 4_000))
    tokenizer.train_from_iterator(chain(texts, words * 80), trainer)
    return tokenizer


def train_model(tokenizer: Any, size: Size, schedule: Schedule) -> LlamaForCausalLM:
    """A language model of the corpus, mostly of what follows from what is given."""
    import torch

    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    model = _untrained(tokenizer, size)
    optimisers = _optimisers(model, schedule)
    pad = tokenizer.token_to_id(PAD)
    for step, batch in enumerate(batches(tokenizer, schedule)):
        for optimiser, rate in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate * _warmed_and_cooled(step, schedule)
        loss = _step(model, *_tensors(batch, pad))
        for optimiser, _ in optimisers:
            optimiser.step()
            optimiser.zero_grad()
        _progress(step + 1, schedule.steps, loss)
    return model


def _untrained(tokenizer: Any, size: Size) -> LlamaForCausalLM:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.hidden,
        intermediate_size=size.inner,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        max_position_embeddings=size.positions,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.token_to_id(EOS),
        eos_token_id=tokenizer.token_to_id(EOS),
        pad_token_id=tokenizer.token_to_id(PAD),
        rope_parameters={"rope_type": "default", "rope_theta": 1000.0},
    )
    return LlamaForCausalLM(config)


def _step(model: LlamaForCausalLM, tokens: torch.Tensor, targets: torch.Tensor) -> float:
    """Gradients of one batch; the loss, in nats a token."""
    import torch

    loss = model(input_ids=tokens, labels=targets).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    return float(loss.detach())


def batches(tokenizer: Any, schedule: Schedule) -> Iterator[list[Example]]:
    """All batches in their order: the primers first."""
    first = _batches(tokenizer, primers(), schedule.primer_batch)
    yield from islice(first, schedule.primer_steps)
    rest = _batches(tokenizer, documents(), schedule.batch)
    yield from islice(rest, schedule.steps - schedule.primer_steps)


def _batches(tokenizer: Any, source: Iterator[Document], size: int) -> Iterator[list[Example]]:
    """Documents of like length together, so that little is padded; in a mixed order."""
    rng = random.Random(SEED)
    while True:
        pool = list(islice(source, size * 32))
        coded = sorted(_coded(tokenizer, pool, rng), key=lambda example: len(example.tokens))
        found = [coded[i : i + size] for i in range(0, len(coded), size)]
        rng.shuffle(found)
        yield from found


def _coded(tokenizer: Any, pool: list[Document], rng: random.Random) -> Iterator[Example]:
    """Tokens and targets; what is given is itself a target in one document of eight."""
    end = tokenizer.token_to_id(EOS)
    given = tokenizer.encode_batch([document.given for document in pool])
    told = tokenizer.encode_batch([document.told for document in pool])
    for before, after in zip(given, told, strict=True):
        target = [*after.ids, end]
        whole = rng.random() < 1 / 8
        yield Example(before.ids + target, (before.ids if whole else [SKIP] * len(before)) + target)


def _tensors(batch: list[Example], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Both of shape (documents, longest), filled up on the right."""
    import torch

    width = max(len(example.tokens) for example in batch)
    tokens = [e.tokens + [pad] * (width - len(e.tokens)) for e in batch]
    targets = [e.targets + [SKIP] * (width - len(e.targets)) for e in batch]
    return torch.tensor(tokens), torch.tensor(targets)


def _optimisers(model: LlamaForCausalLM, schedule: Schedule) -> list[tuple[Any, float]]:
    """Muon for the matrices inside, AdamW for the embedding and the norms; with highest rates."""
    import torch

    from .muon import Muon

    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim < 2 or "embed" in name]
    adam = torch.optim.AdamW(others, betas=(0.9, 0.95), weight_decay=0.0, foreach=False)
    return [(Muon(matrices), schedule.matrix_rate), (adam, schedule.other_rate)]


def _warmed_and_cooled(step: int, schedule: Schedule) -> float:
    """The share of the highest rate: a short ramp, then a cosine down to 2 percent."""
    ramp = min((step + 1) / schedule.warmup, 1.0)
    return ramp * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / schedule.steps)))


def save(folder: Path, tokenizer: Any, model: LlamaForCausalLM, size: Size) -> None:
    """Everything that AutoModelForCausalLM and AutoTokenizer read."""
    import torch
    from transformers import PreTrainedTokenizerFast

    model.to(torch.bfloat16).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=EOS,
        pad_token=PAD,
        model_max_length=size.positions,
        clean_up_tokenization_spaces=False,
    ).save_pretrained(folder)


def _progress(step: int, steps: int, loss: float) -> None:
    """A bar on standard error."""
    filled = 40 * step // steps
    bar = "#" * filled + "." * (40 - filled)
    print(f"\r[{bar}] {step}/{steps} loss {loss:.3f}", end="", file=sys.stderr, flush=True)
    if step == steps:
        print(file=sys.stderr)
