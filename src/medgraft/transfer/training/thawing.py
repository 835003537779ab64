"""Gradual unfreezing: the last stage learns first, and every few epochs the one before it joins in.

Source: Howard & Ruder 2018, Universal Language Model Fine-tuning for Text Classification.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from medgraft.transfer.models.freezing import PartlyFrozen, trainable

__all__ = ["Thawing"]


class Thawing:
    """Called with an epoch (1 is the first), it freezes what does not learn yet in it.

    ``stages`` are those of ``network``, whose parameters ``trunk`` holds, perhaps under other names.
    """

    def __init__(
        self, trunk: PartlyFrozen, network: nn.Module, stages: Sequence[tuple[str, Sequence[str]]], every: int
    ) -> None:
        self._trunk, self._every = trunk, every
        names = {id(item): name for name, item in trainable(trunk.network).items()}
        own = dict(network.named_parameters())
        found = [[names[id(own[item])] for item in items if id(own[item]) in names] for _, items in stages]
        self._stages = [items for items in found if items]

    def __call__(self, epoch: int) -> None:
        learning = 1 + (epoch - 1) // self._every
        waiting = self._stages[: max(0, len(self._stages) - learning)]
        self._trunk.hold([name for items in waiting for name in items])
