"""The benchmark's models; `loss` and `metrics` have the names that pfl-research calls."""

from __future__ import annotations

from torch import Tensor, nn


class Classifier(nn.Sequential):
    """Layers, and the cross entropy of what they answer."""

    def loss(self, inputs: Tensor, labels: Tensor) -> Tensor:
        return nn.functional.cross_entropy(self(inputs), labels)

    def metrics(self, inputs: Tensor, labels: Tensor) -> dict[str, object]:
        return {}


def mlp(hidden: int) -> Classifier:
    return Classifier(nn.Linear(784, hidden), nn.Tanh(), nn.Linear(hidden, 10))


def cnn() -> Classifier:
    """pfl-research's CIFAR-10 model without its dropout: 1,626,442 parameters."""
    return Classifier(
        nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 14 * 14, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


def adapted() -> nn.Module:
    """The LoRA task's model."""
    from .adapter import Adapted

    return Adapted()
