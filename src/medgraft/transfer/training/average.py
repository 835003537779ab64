"""Averages of weights: flatter, and often better, than the last step (EMA); between start and end (WiSE-FT).

Averaged weights see other activations than either network did, so BatchNorm statistics that were trained are computed
again from the training cases; frozen ones stay.

Sources: Polyak & Juditsky 1992; Izmailov et al. 2018 (averages need their BatchNorm recomputed); Wortsman et al. 2022,
Robust fine-tuning of zero-shot models (WiSE-FT).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from medgraft.transfer.models.freezing import batchnorms

__all__ = ["MovingAverage", "mixed", "recompute_batchnorm"]


class MovingAverage:
    """The exponential moving average of some parameters: ``a ← d a + (1 − d) w`` after each step.

    ``d`` is ``min(decay, (1 + step) / (10 + step))``, so that the start is forgotten in a short training, too.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], decay: float) -> None:
        self._parameters, self._decay = dict(parameters), decay
        self.values = {name: item.detach().clone() for name, item in self._parameters.items()}

    def update(self, step: int) -> None:
        """After step ``step`` (0 is the first)."""
        decay = min(self._decay, (1 + step) / (10 + step))
        for name, item in self._parameters.items():
            self.values[name].lerp_(item.detach(), 1 - decay)

    def restore(self, values: Mapping[str, Tensor]) -> None:
        """Go on from values that were kept."""
        for name, value in self.values.items():
            value.copy_(values[name])

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """Within it the parameters hold the average."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, item in self._parameters.items():
            kept = item.detach().clone()
            item.copy_(self.values[name])
            self.values[name].copy_(kept)


def mixed(start: Mapping[str, Tensor], end: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """``(1 − share) start + share end`` of two states, where they are floating numbers; else the end's."""
    return {
        name: torch.lerp(start[name], value, share) if value.is_floating_point() else value
        for name, value in end.items()
    }


def recompute_batchnorm(network: nn.Module, batches: Iterable[tuple[Tensor, ...]]) -> None:
    """Statistics of the BatchNorm layers that are not frozen, anew over ``batches`` (inputs of the network): their mean
    over batches. Nothing else of the network changes; it ends in eval mode."""
    network.train()
    modules = dict(network.named_modules())
    moving = [modules[name] for name in batchnorms(network) if modules[name].training]
    network.eval()
    if not moving:
        return
    before = [module.momentum for module in moving]
    for module in moving:
        module.reset_running_stats()
        module.momentum = None  # a cumulative mean
        module.train()
    try:
        with torch.no_grad():
            for inputs in batches:
                network(*inputs)
    finally:
        for module, momentum in zip(moving, before, strict=True):
            module.momentum = momentum
        network.eval()
