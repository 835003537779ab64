"""Adapters: a few new parameters beside frozen ones, merged into them when training is done.

An adapter is a parametrization: the layer computes with ``adapted(W)`` in place of its frozen ``W``, and ``merge``
writes ``adapted(W)`` into the layer, so that the network that comes out has the shape of the one that went in.

* ``LowRank`` (LoRA, Hu et al. 2021; for filters as matrices (out, in · k · k)): ``W + (alpha / rank) · B A``, B zero at
  the start, on linear layers and convolutions in which it is smaller than what it adapts;
* ``Scale`` and ``Shift`` (SSF, Lian et al. 2022): ``γ W`` for every output channel and ``b + β``, γ = 1 and β = 0 at
  the
  start, on linear layers, convolutions and norms.

At the start the network is unchanged.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from medgraft.errors import UsageError
from medgraft.transfer.models.adapter_plan import LowRankPlan, ScaleShiftPlan

__all__ = ["attach", "merge"]

_MATRICES = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.LayerNorm, nn.GroupNorm)


class _LowRank(nn.Module):
    def __init__(self, weight: Tensor, plan: LowRankPlan, generator: torch.Generator) -> None:
        super().__init__()
        rows, columns = weight.shape[0], weight[0].numel()
        bound = math.sqrt(3.0 / columns)  # unit variance of A x for x of unit variance
        down = (2 * torch.rand(plan.rank, columns, generator=generator) - 1) * bound
        self.down, self.up = nn.Parameter(down), nn.Parameter(torch.zeros(rows, plan.rank))
        self.strength = plan.alpha / plan.rank

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.strength * (self.up @ self.down).reshape(weight.shape)


class _Scale(nn.Module):
    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(weight.shape[0]))

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.gamma.reshape(-1, *[1] * (weight.ndim - 1))


class _Shift(nn.Module):
    def __init__(self, bias: Tensor) -> None:
        super().__init__()
        self.beta = nn.Parameter(torch.zeros_like(bias))

    def forward(self, bias: Tensor) -> Tensor:
        return bias + self.beta


def attach(network: nn.Module, plan: LowRankPlan | ScaleShiftPlan) -> int:
    """Adapt every layer of ``network`` that can be; how many were. What is adapted must be frozen already.

    Raises ``UsageError`` where there is none.
    """
    generator = torch.Generator().manual_seed(plan.seed) if isinstance(plan, LowRankPlan) else None
    count = 0
    for module in list(network.modules()):
        for name, adapter in _adapters(module, plan, generator):
            parametrize.register_parametrization(module, name, adapter)
            count += 1
    if not count:
        raise UsageError("adapting the network: it has no layer that this adapter fits; choose another strategy")
    return count


def merge(network: nn.Module) -> None:
    """Write every adapter into its layer, in place; the layer's own parameters stay frozen."""
    for module in list(network.modules()):
        if parametrize.is_parametrized(module):
            for name in [name for name in ("weight", "bias") if parametrize.is_parametrized(module, name)]:
                parametrize.remove_parametrizations(module, name, leave_parametrized=True)
                getattr(module, name).requires_grad_(False)


def _adapters(
    module: nn.Module, plan: LowRankPlan | ScaleShiftPlan, generator: torch.Generator | None
) -> Iterator[tuple[str, nn.Module]]:
    """The parameters of a layer that are adapted, with their adapters."""
    if isinstance(plan, LowRankPlan) and generator is not None:
        weight = getattr(module, "weight", None)
        if isinstance(module, _MATRICES) and isinstance(weight, Tensor):
            rows, columns = weight.shape[0], weight[0].numel()
            if plan.rank * (rows + columns) < rows * columns:
                yield "weight", _LowRank(weight, plan, generator)
        return
    if isinstance(module, (*_MATRICES, *_NORMS)):
        if isinstance(module.weight, Tensor):
            yield "weight", _Scale(module.weight)
        if isinstance(module.bias, Tensor):
            yield "bias", _Shift(module.bias)
