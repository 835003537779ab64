"""The common ground of two sites: principal axes of both sides' cases together, on which source and target are compared
and moved.

Features are standardised by both sides together first, so that no column rules by its unit. The axes are found without
labels; a linear rule on them is a linear head on the features. What lies beyond the longest axes is not read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.transfer.adaptation.adaptation import Pair
from medgraft.transfer.adaptation.moved import Moved
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.logistic import PrincipalAxes
from medgraft.transfer.models.root import signed_root

__all__ = ["Space", "squared_distances"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Space:
    """``source`` (n, r) and ``target`` (m, r): coordinates on ``axes``; ``rooted``: of the features' signed root."""

    axes: PrincipalAxes
    source: Array
    target: Array
    rooted: bool

    @classmethod
    def of(cls, pair: Pair, *, root: bool, most: int) -> Space:
        """The longest ``most`` axes of a pair's cases."""
        source = pair.seen_source.features
        rows = np.concatenate([source, pair.target.features])
        axes, coordinates = PrincipalAxes.of(signed_root(rows) if root else rows, np.float64, most)
        return cls(axes, coordinates[: len(source)], coordinates[len(source) :], root)

    def head(self, weight: Array, bias: Array) -> LinearHead:
        """The head on raw features that is (weight (classes, r), bias) on coordinates."""
        folded = LinearHead.folded(weight @ self.axes.axes.T, bias, self.axes.mean, self.axes.scale)
        return LinearHead(folded.weight, folded.bias, self.rooted)

    def moved(self, source: Array, target: Array | None = None) -> Moved:
        """The sides where a method puts them, ``source`` (n, r) and, where it moves, ``target`` (m, r), as features.
        What lies beyond the axes is read of neither side."""
        return Moved(
            "source" if target is None else "both",
            self._features(source),
            self._features(self.target if target is None else target),
        )

    def _features(self, rows: Array) -> Array:
        """(k, d) signed roots of the features at some coordinates."""
        scale = np.where(np.isfinite(self.axes.scale), self.axes.scale, 0.0)
        found = self.axes.mean + (rows @ self.axes.axes.T) * scale
        return found if self.rooted else signed_root(found)


def squared_distances(one: Array, other: Array) -> Array:
    """(n, m) squared Euclidean distances between rows; rounding below zero is zero."""
    lengths = np.square(one).sum(axis=1)[:, None] + np.square(other).sum(axis=1)
    return np.asarray(np.maximum(lengths - 2 * one @ other.T, 0.0))
