"""How APGD finds its step: it starts with large ones, and halves them where they lead nowhere.

At checkpoints w_j the step of a picture is halved, and the search goes back to its worst picture so far, where

1. since the last checkpoint the loss rose in fewer than ρ = 75 % of the steps, or
2. the step was not halved at the last checkpoint and the highest loss is still what it was there.

Source: Croce & Hein 2020, Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free
Attacks, section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["StepRule", "checkpoints"]

_RISING = 0.75
_FIRST, _SHORTER, _SHORTEST = 22, 3, 6
"""Per cent of all steps: the first period, by how much each one is shorter than the one before, and the shortest."""


def checkpoints(steps: int) -> list[int]:
    """Those after 0: ``⌈p_j · steps⌉`` below ``steps``, with ``p_1 = 0.22`` and
    ``p_{j+1} = p_j + max(p_j − p_{j−1} − 0.03, 0.06)``."""
    places, share, period = list[int](), 0, _FIRST
    while (place := -(-(share + period) * steps // 100)) < steps:
        places.append(place)
        share, period = share + period, max(period - _SHORTER, _SHORTEST)
    return list(dict.fromkeys(places))


class StepRule:
    """The step of each of N pictures. ``best`` (N,): the loss of the start; ``first``: the step that all begin with."""

    def __init__(self, best: Tensor, first: float, steps: int) -> None:
        self.step = torch.full_like(best, first)
        self._places = frozenset(checkpoints(steps))
        self._rises = torch.zeros_like(best)
        self._last = 0
        self._step_there, self._best_there = self.step.clone(), best.clone()

    def halved(self, number: int, best: Tensor) -> Tensor:
        """(N,) bool: whose step is halved after step ``number`` (0 is the first). ``best`` (N,): the highest loss found
        before it."""
        if number not in self._places:
            return torch.zeros_like(best, dtype=torch.bool)
        seldom = self._rises < _RISING * (number - self._last)
        stuck = (self.step == self._step_there) & (best == self._best_there)
        halved = seldom | stuck
        self._step_there, self._best_there = self.step.clone(), best.clone()
        self.step = torch.where(halved, self.step / 2, self.step)
        self._rises, self._last = torch.zeros_like(self._rises), number
        return halved

    def count(self, rose: Tensor) -> None:
        """``rose`` (N,) bool: whose loss is higher after a step than before it."""
        self._rises += rose

    def keep(self, rows: Tensor) -> None:
        """Go on with some of the pictures; ``rows`` (N,) bool."""
        self.step, self._rises = self.step[rows], self._rises[rows]
        self._step_there, self._best_there = self._step_there[rows], self._best_there[rows]
