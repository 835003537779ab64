"""Entropic optimal transport in the log domain: the plan that moves one set of masses onto another at least cost, made
smooth.

``min ⟨P, C⟩ + ε Σ P (log P − 1)`` over plans P (n, m) with marginals a and b. Now and then a round is done in the log
domain, where nothing underflows however small ε is; those between are plain products, which are many times faster.
With labels of the rows, mass of different classes is kept from arriving at one place: a concave penalty on each class's
share there, by a few linearised rounds.

Sources: Cuturi 2013, Sinkhorn Distances; Schmitzer 2019, Stabilized Sparse Scaling Algorithms; Courty, Flamary, Tuia &
Rakotomamonjy 2017, Optimal Transport for Domain Adaptation (class regularisation, p = 1/2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Plan", "class_sinkhorn", "sinkhorn"]

Array = NDArray[np.float64]

_BLOCK = 20
"""Rounds from one in the log domain, where the error is looked at, to the next."""
_SHARE = 1e-2
"""Added to a class's share before its root: the slope at zero stays finite."""


@dataclass(frozen=True)
class Plan:
    """``mass`` (n, m), non-negative; columns sum to b, rows to a but for ``error`` (sum of absolute differences);
    ``potential`` (m,): log scaling of the columns, where the next one may start."""

    mass: Array
    error: float
    potential: Array

    def barycentres(self, places: Array) -> Array:
        """(n, r) where each row's mass goes on average; ``places`` (m, r)."""
        return np.asarray(self.mass @ places / self.mass.sum(axis=1, keepdims=True))


def sinkhorn(
    cost: Array,
    masses: tuple[Array, Array],
    epsilon: float,
    *,
    iterations: int = 1000,
    tolerance: float = 1e-6,
    start: Array | None = None,
) -> Plan:
    """The plan for ``cost`` (n, m) and ``masses`` a (n,), b (m,), positive, each summing to one; ``epsilon`` > 0 in
    units of the cost. Ends when the error is below ``tolerance``, or after ``iterations`` rounds."""
    a, b = masses
    kernel = -cost / epsilon
    columns = np.zeros(len(b)) if start is None else start
    for done in range(0, iterations, _BLOCK):
        rows = np.log(a) - _log_sum(kernel + columns, axis=1)
        columns = np.log(b) - _log_sum(kernel + rows[:, None], axis=0)
        mass = np.exp(kernel + rows[:, None] + columns)
        error = float(np.abs(mass.sum(axis=1) - a).sum())
        if error < tolerance or done + _BLOCK >= iterations:
            break
        columns = columns + _scaled(mass, a, b)
    return Plan(mass, error, columns)


def _scaled(mass: Array, a: Array, b: Array) -> Array:
    """What a block of plain rounds adds to the log scaling of the columns; nothing where numbers run out of range."""
    right = np.ones(len(b))
    with np.errstate(all="ignore"):
        for _ in range(_BLOCK - 1):
            right = b / ((a / (mass @ right)) @ mass)
        added = np.log(right)
    return np.asarray(added if np.isfinite(added).all() else np.zeros(len(b)))


def class_sinkhorn(
    cost: Array,
    masses: tuple[Array, Array],
    labels: NDArray[np.int64],
    epsilon: float,
    *,
    strength: float,
    rounds: int = 5,
) -> Plan:
    """The same with ``strength`` (in units of the cost) times ``Σ_j b_j Σ_c √share_cj``, where share_cj is the part of
    column j's mass that comes from rows of class c; ``labels`` (n,)."""
    plan = sinkhorn(cost, masses, epsilon, tolerance=1e-4, iterations=300)
    if strength == 0:
        return plan
    hot = np.eye(int(labels.max()) + 1)[labels]
    for _ in range(rounds):
        share = hot.T @ plan.mass / masses[1]
        slope = 0.5 / np.sqrt(share + _SHARE)
        plan = sinkhorn(
            cost + strength * slope[labels], masses, epsilon, tolerance=1e-4, iterations=300, start=plan.potential
        )
    return plan


def _log_sum(values: Array, axis: int) -> Array:
    """log Σ exp along an axis."""
    top = values.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(values - top).sum(axis=axis)) + np.squeeze(top, axis=axis))
