"""The contract of a conformal score, and the registry of them: how strange an answer would be for a case.

    score(probability) -> strangeness     both (n, k): of each class, were it the answer

A class is in the set where its strangeness is at most the quantile that calibration cases gave. A score is one fixed
function of the probabilities (no random number, ties by the order of the classes): the guarantee asks no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.probabilities import checked_probability
from medgraft.registry import Registry

__all__ = ["CONFORMAL_SCORES", "ConformalScore", "cumulated"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ConformalScore:
    """One score; ``summary`` is its definition in a sentence, ``compute`` works on probabilities that were checked."""

    name: str
    summary: str
    compute: Callable[[Floats], Floats]

    def __call__(self, probability: NDArray[Any]) -> Floats:
        """(n, k) of probabilities (n, k). Raises ``UsageError`` and ``DataError`` for what are none."""
        return self.compute(checked_probability(probability, f"scoring answers by {self.name}"))


def cumulated(probability: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Of each class (n, k): the probability of it and of all likelier ones, and its rank from 0, the likeliest."""
    order = np.argsort(-probability, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable").astype(np.intp)
    summed = np.cumsum(np.take_along_axis(probability, order, axis=1), axis=1)
    summed[:, -1] = 1.0  # of the unlikeliest class it is all there is, whatever rounding made of the sum
    return np.asarray(np.take_along_axis(summed, rank, axis=1)), rank


CONFORMAL_SCORES: Registry[ConformalScore] = Registry("conformal score")
