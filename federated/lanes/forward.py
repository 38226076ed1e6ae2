"""The adapted layers' forward pass over one adapter a lane, lent to a model for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import torch
from peft.tuners.lora.layer import Linear as LoraLinear
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from ..errors import LanesRefused
from ..model import adapter_parameters

if TYPE_CHECKING:
    from peft import PeftModel

Forward = Callable[[Tensor], Tensor]


class Stack:
    """What the layers read during a pass: each trained parameter, once for every lane."""

    def __init__(self) -> None:
        self.lanes = 0
        self.rows = 0
        """Rows of all lanes; each lane has as many."""
        self.weights: dict[nn.Parameter, Tensor] = {}
        """[lanes, *shape] by the parameter of the model that it stands in for."""

    def of(self, parameter: nn.Parameter) -> Tensor:
        """[lanes, *shape]: the lanes' own weights, or the model's where it is not trained."""
        if parameter in self.weights:
            return self.weights[parameter]
        return parameter.detach().expand(self.lanes, *parameter.shape)

    def by_lane(self, x: Tensor) -> Tensor:
        """[rows, tokens, d] -> [lanes, rows of a lane x tokens, d].

        `LanesRefused` for anything else, such as the tokens a router has picked for an expert:
        whose they are can no longer be told.
        """
        if x.dim() != 3 or x.shape[0] != self.rows:
            raise LanesRefused(
                f"an adapted layer was given {list(x.shape)}, [{self.rows}, tokens, features] was "
                "wanted: the model moves tokens between rows."
            )
        return x.reshape(self.lanes, -1, x.shape[-1])


@contextmanager
def lent(model: PeftModel) -> Iterator[Stack]:
    """Let the adapted layers read a stack; afterwards, errors included, all is as it was."""
    stack = Stack()
    swaps = forwards(model, stack)
    modes = {module: module.training for module in model.modules()}
    try:
        for module, forward in swaps.items():
            vars(module)["forward"] = forward
        model.train()
        yield stack
    finally:
        for module in swaps:
            vars(module).pop("forward", None)
        for module, mode in modes.items():
            module.training = mode


def forwards(model: PeftModel, stack: Stack) -> dict[nn.Module, Forward]:
    """The forward passes that take the place of the model's own.

    `LanesRefused` where a shared pass would not give what each client's own pass gives.
    """
    _refuse_mixing(model)
    trained = adapter_parameters(model)
    swaps: dict[nn.Module, Forward] = {}
    known: set[nn.Parameter] = set()
    module: Any
    for module in model.modules():
        if _is_plain(module):
            swaps[module] = _adapted(module, stack)
            name = module.active_adapters[0]
            known |= {*module.lora_A[name].parameters(), *module.lora_B[name].parameters()}
        elif _has_own_bias(module):
            swaps[module] = _biased(module, stack)
            known.add(module.bias)
    odd = [name for name, parameter in trained.items() if parameter not in known]
    if odd:
        raise LanesRefused(
            f"only plain adapters on linear layers share a pass, and {odd[0]} is trained too."
        )
    if len({parameter.dtype for parameter in trained.values()}) != 1:
        raise LanesRefused("the trained weights have several number formats, one was wanted.")
    return swaps


def _has_own_bias(module: Any) -> bool:
    """A frozen linear layer whose bias is trained, as PEFT's bias="all" and "lora_only" ask."""
    return (
        type(module) is nn.Linear
        and module.bias is not None
        and module.bias.requires_grad
        and not module.weight.requires_grad
        and "forward" not in vars(module)
    )


def _is_plain(module: Any) -> bool:
    """An unquantised linear layer with one LoRA adapter as in the paper, neither merged nor off."""
    return (
        type(module) is LoraLinear
        and len(module.active_adapters) == 1
        and module.active_adapters[0] in module.lora_A
        and module.active_adapters[0] not in module.lora_variant
        and not module.disable_adapters
        and not module.merged
        and "forward" not in vars(module)
    )


def _refuse_mixing(model: nn.Module) -> None:
    """Dropout would draw for all lanes at once, and batch statistics would be everyone's."""
    for name, module in model.named_modules():
        rates = [value for key, value in vars(module).items() if "drop" in key]
        rates += [module.p] if isinstance(module, _DropoutNd) else []
        if any(isinstance(rate, float) and rate > 0 for rate in rates):
            raise LanesRefused(
                f"{name} drops activations at random, which a shared pass cannot draw as each "
                "client alone would.",
                "Set lora.dropout to 0.",
            )
        if isinstance(module, _BatchNorm):
            raise LanesRefused(f"{name} takes statistics over the rows of all lanes.")


class _Product(torch.autograd.Function):
    """x W' of every lane, with the gradient of W as `nn.Linear` takes it, g' x.

    Autograd's own for `bmm` is (x' g)': the same sums, rounded otherwise.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return torch.bmm(x, weight.mT)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        (gradient,) = gradients
        x, weight = ctx.saved_tensors
        to_x, to_weight = ctx.needs_input_grad
        return (
            torch.bmm(gradient, weight) if to_x else None,
            torch.bmm(gradient.mT, x) if to_weight else None,
        )


def product(x: Tensor, weight: Tensor) -> Tensor:
    """[lanes, tokens, in], [lanes, out, in] -> [lanes, tokens, out]."""
    return cast(Tensor, _Product.apply(x, weight))  # type: ignore[no-untyped-call]


def _adapted(layer: Any, stack: Stack) -> Forward:
    name = layer.active_adapters[0]
    down, up = layer.lora_A[name].weight, layer.lora_B[name]
    scale: float = layer.scaling[name]

    def forward(x: Tensor) -> Tensor:
        y: Tensor = layer.base_layer(x)
        a, b = stack.of(down), stack.of(up.weight)
        change = product(product(stack.by_lane(x).to(a.dtype), a), b)
        if up.bias is not None:
            change = change + stack.of(up.bias).unsqueeze(1)
        changed: Tensor = y + (change * scale).view(y.shape)
        return changed.to(y.dtype)

    return forward


def _biased(layer: nn.Linear, stack: Stack) -> Forward:
    def forward(x: Tensor) -> Tensor:
        y = nn.functional.linear(x, layer.weight)
        biased = stack.by_lane(y) + stack.of(layer.bias).unsqueeze(1)
        return biased.view_as(y)

    return forward
