"""What several rooms' tests share: where the mirror is, and a tiny hub with a random model."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")
# Settings make this folder when they are imported; the checkout's own `var/` is left alone.
os.environ["STATE_DIR"] = tempfile.mkdtemp(prefix="leaderboard-tests-")

REPOSITORY = Path(__file__).parent.parent
WORDS = [
    "profit",
    "loss",
    "rose",
    "fell",
    "sales",
    "costs",
    "shares",
    "bank",
    "oil",
    "today",
    "quarter",
    "year",
    "grew",
    "shrank",
]


def mirror_folder() -> Path | None:
    """The mirrored hub data, if this machine has them."""
    folder = Path(os.environ.get("HUB_MIRROR") or REPOSITORY.parent / "shared" / "mirror")
    return folder.resolve() if (folder / "MANIFEST.json").is_file() else None


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Read the mirrored hub data; skipped where there are none."""
    folder = mirror_folder()
    if folder is None:
        pytest.skip("no mirrored hub data: set HUB_MIRROR")
    monkeypatch.setenv("HUB_MIRROR", str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny_hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror folder with one random Llama of 20 k parameters and one small training set."""
    import torch
    from datasets import Dataset
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    root = tmp_path_factory.mktemp("tiny-hub")
    draw = random.Random(0)
    rows = [
        {
            "instruction": "What is the sentiment of this news?",
            "input": " ".join(draw.choices(WORDS, k=draw.randint(4, 12))),
            "output": draw.choice(["negative", "neutral", "positive"]),
        }
        for _ in range(1000)
    ]
    table = root / "datasets" / "flwrlabs" / "fingpt-sentiment-train" / "default"
    table.mkdir(parents=True)
    Dataset.from_list(rows).to_parquet(str(table / "train.parquet"))

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|endoftext|>", "<|pad|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([f"{r['instruction']} {r['input']}" for r in rows], trainer)
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=400,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            max_position_embeddings=512,
            bos_token_id=0,
            eos_token_id=0,
            pad_token_id=1,
            tie_word_embeddings=True,
        )
    )
    folder = root / "models" / "tiny" / "llama"
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|endoftext|>", pad_token="<|pad|>"
    ).save_pretrained(folder)
    return root


@pytest.fixture
def tiny_hub(tiny_hub_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub is the tiny one."""
    monkeypatch.setenv("HUB_MIRROR", str(tiny_hub_folder))
    return tiny_hub_folder


@pytest.fixture(scope="session")
def peft_adapter(tiny_hub_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of the tiny model as PEFT itself saves it: rank 4 on q_proj and v_proj."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_pretrained(tiny_hub_folder / "models" / "tiny" / "llama")
    lora = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(base, lora)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.1)
    folder = tmp_path_factory.mktemp("adapter")
    model.save_pretrained(str(folder))
    return folder
