"""From a predictor to an lm-eval model. Without a base model torch is never imported."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from .errors import BadAdapter, EngineError, NotInHub
from .job import Job
from .plan import Setting
from .predictors import Predictor
from .progress import OnItems
from .suites import SEED

if TYPE_CHECKING:
    from lm_eval.api.model import LM

    from federated.model import Loaded


def load(job: Job, predictor: Predictor, on_items: OnItems) -> tuple[LM, Setting]:
    """What answers the job's items, seeded, and how it was loaded."""
    random.seed(SEED)
    if predictor.kind == "majority":
        from .majority import Majority

        return Majority(on_items), Setting()
    return _load_model(job, predictor, on_items)


def _load_model(job: Job, predictor: Predictor, on_items: OnItems) -> tuple[LM, Setting]:
    import torch

    from .lm import CausalLM

    torch.set_num_threads(job.threads)
    torch.manual_seed(SEED)
    loaded = _loaded(job, predictor.folder if predictor.kind == "adapter" else None)
    setting = Setting(loaded.device, loaded.dtype, loaded.quantization, tuple(loaded.notes))
    return CausalLM(loaded, job.batch_size, on_items), setting


def _loaded(job: Job, adapter: Path | None) -> Loaded:
    from federated.model import load_for_inference

    assert job.base is not None
    try:
        return load_for_inference(job.base, adapter, job.quantization, job.dtype)
    except Exception as error:
        if adapter is None or _not_the_adapters(error):
            raise
        _refuse(error)


def _not_the_adapters(error: Exception) -> bool:
    """A missing base, too little memory, or anything that trying again may cure."""
    if isinstance(error, EngineError):
        return isinstance(error, NotInHub) or not error.permanent
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


def _refuse(error: Exception) -> NoReturn:
    said = error.message if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
    raise BadAdapter(
        f"The adapter does not load onto its base model: {said}",
        "Its base model, rank and target modules must be those of the job.",
    ) from error
