"""A linear head moved by what is seen of the target alone, and held to where it started.

Logits are ``base + [z, 1] P Hᵀ``: z are coordinates on the target's principal axes, ``P`` is learnt from zero with a
quadratic pull back to it, and ``H`` (``through``) says what P moves: the identity of the classes, and it is the head;
the head's own weights on the axes, and it is a linear map of the features before a head that stays. Either way the
outcome is one linear head again. Full batch, L-BFGS: no step size, the same answer every time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.logistic import PrincipalAxes
from medgraft.transfer.models.root import signed_root

__all__ = ["Loss", "TargetRows", "cross_entropy", "refine"]

Array = NDArray[np.float64]
Loss = Callable[[Array], tuple[float, Array]]
"""Of logits (m, classes): the value, and its derivative by them (m, classes)."""

_TINY = 1e-300


@dataclass(frozen=True)
class TargetRows:
    """Target cases before ``head``: ``coordinates`` (m, r) on ``axes``, ``base`` (m, classes) logits, ``reading``
    (classes, r) the head's weights on the axes."""

    head: LinearHead
    axes: PrincipalAxes
    coordinates: Array
    base: Array
    reading: Array

    @classmethod
    def of(cls, head: LinearHead, features: NDArray[np.float32], most: int) -> TargetRows:
        """On the longest ``most`` axes of ``features`` (m, d)."""
        rows = signed_root(features) if head.rooted else features
        with threadpool_limits(1, user_api="blas"):
            axes, coordinates = PrincipalAxes.of(rows, np.float64, most)
        scale = np.where(np.isfinite(axes.scale), axes.scale, 0.0)
        reading = (head.weight.astype(np.float64) * scale) @ axes.axes
        return cls(head, axes, coordinates, head.logits(features), reading)

    def logits(self, found: Array, through: Array) -> Array:
        """(m, classes) after ``found`` (r + 1, h)."""
        return np.asarray(self.base + (self.coordinates @ found[:-1] + found[-1]) @ through.T)

    def moved(self, found: Array, through: Array) -> LinearHead:
        """The head on features that gives these logits."""
        change, shift = through @ found[:-1].T, through @ found[-1]
        move = LinearHead.folded(change @ self.axes.axes.T, shift, self.axes.mean, self.axes.scale)
        head = self.head
        return LinearHead(head.weight + move.weight, head.bias + move.bias, head.rooted, head.sharpness)


def cross_entropy(wanted: Array, weights: Array) -> Loss:
    """The weighted mean log-loss against ``wanted`` (m, classes), rows summing to one; ``weights`` (m,) ≥ 0, not all
    zero."""
    share = weights / weights.sum()

    def loss(logits: Array) -> tuple[float, Array]:
        chances = softmax(logits)
        each = -(wanted * np.log(np.maximum(chances, _TINY))).sum(axis=1)
        return float(each @ share), (chances - wanted) * share[:, None]

    return loss


def refine(rows: TargetRows, loss: Loss, *, through: Array, pull: float, iterations: int = 200) -> Array:
    """P (r + 1, h) that minimises ``loss(logits) + pull / 2 · ‖P‖²`` from zero."""
    design = np.hstack([rows.coordinates, np.ones((len(rows.base), 1))])
    shape = (design.shape[1], through.shape[1])

    def objective(flat: Array) -> tuple[float, Array]:
        found = flat.reshape(shape)
        value, slope = loss(rows.logits(found, through))
        gradient = design.T @ (slope @ through) + pull * found
        return value + 0.5 * pull * float(np.vdot(found, found)), gradient.ravel()

    with threadpool_limits(1, user_api="blas"):
        start = np.zeros(shape).ravel()
        options = {"maxiter": iterations}
        return np.asarray(minimize(objective, start, jac=True, method="L-BFGS-B", options=options).x.reshape(shape))
