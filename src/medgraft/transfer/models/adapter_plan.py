"""Which adapter, as plain data (no torch): what a strategy asks for, and ``adapters`` builds."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LowRankPlan", "ScaleShiftPlan"]


@dataclass(frozen=True)
class LowRankPlan:
    """LoRA: ``rank`` ≥ 1; ``alpha`` is the strength of what is added; ``seed`` of its first values."""

    rank: int
    alpha: float
    seed: int


@dataclass(frozen=True)
class ScaleShiftPlan:
    """SSF: nothing to choose."""
