"""What a run was made with, as pairs for people."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
Facts = tuple[tuple[str, str], ...]

NAMES = {
    "python": "Python",
    "machine": "Machine",
    "processor": "Processor",
    "torch": "PyTorch",
    "transformers": "Transformers",
    "peft": "PEFT",
    "flwr": "Flower",
    "flwr-datasets": "Flower Datasets",
    "datasets": "Datasets",
    "numpy": "NumPy",
}


def facts_of(base: Json, dataset: Json, training: Json, evaluation: Json) -> Facts:
    """(label, value) pairs; what is not known yet is left out."""
    pins = (("Base model", base), ("Training data", dataset))
    return (
        *((name, _pin(pin)) for name, pin in pins if pin),
        *_training(training),
        *_evaluation(evaluation),
    )


def _training(result: Json) -> Facts:
    if not result:
        return ()
    environment = result.get("environment") or {}
    versions = ((NAMES.get(name, name), str(value)) for name, value in environment.items())
    if not result.get("rounds"):
        return tuple(versions)
    return (
        ("Trained on", _machine(result)),
        ("Training time", f"{result.get('seconds') or 0:,.0f} s"),
        ("Training memory", _gigabytes(result.get("peak_memory_bytes"))),
        ("Trained parameters", f"{result.get('trained_parameters') or 0:,}"),
        ("Examples seen", f"{result.get('examples') or 0:,}"),
        ("Tokens seen", f"{result.get('tokens') or 0:,}"),
        *versions,
    )


def _evaluation(result: Json) -> Facts:
    if not result:
        return ()
    return (
        ("Evaluated on", _machine(result)),
        ("Evaluation time", f"{result.get('seconds') or 0:,.0f} s"),
        ("Evaluation memory", _gigabytes(result.get("peak_memory_bytes"))),
        ("Suite", f"{result.get('suite')} {result.get('suite_version')}"),
        ("Evaluator", str(result.get("evaluator_version"))),
        *((f"Data of {task}", _pin(pin)) for task, pin in (result.get("datasets") or {}).items()),
    )


def _pin(pin: Json) -> str:
    return f"{pin.get('id')} at {pin.get('revision')} ({pin.get('source')})"


def _machine(result: Json) -> str:
    parts = [result.get("device"), result.get("dtype")]
    quantization = result.get("quantization")
    parts.append(f"{quantization} base" if quantization not in (None, "none") else None)
    return ", ".join(str(part) for part in parts if part)


def _gigabytes(size: int | None) -> str:
    return f"{(size or 0) / 1024**3:.2f} GB"
