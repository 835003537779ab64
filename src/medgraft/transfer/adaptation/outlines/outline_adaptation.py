"""The contract of an adaptation of outlines: a segmentation network of one site is brought to another, without masks.

It is a class with a ``name`` (its key in ``OUTLINE_ADAPTATIONS``), its ``paper``, a closed pydantic ``Config``
(``kind`` literal equal to the name), whether it ``needs_source``, the source's cases with their masks, its ``cost`` in
words, and ``adapt(pair) -> AdaptedOutlines``. Without the source it is source-free: the model alone travels. It is
deterministic for one seed and machine, sees no mask of the target, and leaves the network it was given as it is.

What works on features of a whole picture and a linear head (coral, shot, …) has no counterpart here: a network that
outlines has neither.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict
from torch import nn

from medgraft.errors import UsageError
from medgraft.registry import Registry
from medgraft.transfer.segmentation.patches import PatchFeed, tiles_of
from medgraft.transfer.segmentation.plan import Plan
from medgraft.transfer.segmentation.shelf import Shelf

__all__ = [
    "OUTLINE_ADAPTATIONS",
    "AdaptedOutlines",
    "OutlineAdaptation",
    "OutlineAdaptationConfig",
    "OutlinePair",
    "OutlineSide",
]


class OutlineAdaptationConfig(BaseModel):
    """Closed and frozen, with a description of every option."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class OutlineSide:
    """Cases of one site: ``rows`` of the ``shelf``; those of a target have no label map there."""

    shelf: Shelf
    rows: tuple[int, ...]


@dataclass(frozen=True)
class OutlinePair:
    """``network``: of the source, pixels → logits (N, ``classes``, …), the background among them, as ``plan`` says.
    ``source``: its training cases, where they are at hand. ``until``: no new step after that time of
    ``time.monotonic``."""

    network: nn.Module
    plan: Plan
    classes: int
    target: OutlineSide
    source: OutlineSide | None = None
    seed: int = 0
    device: str = "cpu"
    until: float | None = None

    @property
    def seen_source(self) -> OutlineSide:
        """Raises ``UsageError`` where there is none."""
        if self.source is None or not self.source.rows:
            raise UsageError("adapting: this method learns from the source's cases and masks, and they are not at hand")
        return self.source

    def copied(self) -> nn.Module:
        """The network, to be changed."""
        return copy.deepcopy(self.network)

    def windows(self, most: int) -> tuple[PatchFeed, int]:
        """Windows that cover the target's cases, ``most`` of them at most, evenly spread; and how many they are."""
        side, plan = self.target, self.plan
        tiles = [tile for row in side.rows for tile in tiles_of(row, side.shelf.shape(row), plan.patch)]
        chosen = np.unique(np.linspace(0, len(tiles) - 1, min(most, len(tiles))).round().astype(int))
        return PatchFeed(side.shelf, plan, seed=self.seed, tiles=[tiles[place] for place in chosen]), len(chosen)

    def patches(self, side: OutlineSide, foreground: float = 0.5) -> PatchFeed:
        """Patches of a side's cases, drawn as in training."""
        return PatchFeed(side.shelf, self.plan, seed=self.seed, cases=side.rows, foreground=foreground)


@dataclass(frozen=True)
class AdaptedOutlines:
    """``network`` in eval mode, on the CPU; ``history``: a row a step or layer that is told; ``facts``: what else."""

    network: nn.Module
    history: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


class OutlineAdaptation(Protocol):
    """See the contract at the top of this file."""

    name: ClassVar[str]
    paper: ClassVar[str]
    needs_source: ClassVar[bool]
    cost: ClassVar[str]
    Config: ClassVar[type[BaseModel]]

    def adapt(self, pair: OutlinePair) -> AdaptedOutlines:
        """Raises ``UsageError`` where the method is not defined for the network, or diverges."""
        ...


OUTLINE_ADAPTATIONS: Registry[Any] = Registry("adaptation of outlines")
