"""What metrics are computed from: labels and probabilities, and the same under case weights.

A weight says how often a case counts: all ones give the value itself, a bootstrap replicate gives each case
the number of times its patient was drawn. One definition of each metric thus serves the value and all its
replicates at once. Arrays of replicates have the replicates on the last axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.threshold import predicted_class

__all__ = ["Predictions", "Ranking", "Weighted", "runs"]

Floats = NDArray[np.float64]


class Ranking(NamedTuple):
    """By distinct scores, lowest first: weight of the cases of a class and of the others, (g, b) each.

    ``inside`` at the score, ``inside_up_to`` and ``outside_up_to`` at it and below. Scores that no case of the
    class has are left out. ``outside`` (b,) is the weight of all others.
    """

    inside: Floats
    inside_up_to: Floats
    outside_at: Floats
    outside_up_to: Floats
    outside: Floats


@dataclass(frozen=True)
class Predictions:
    """``y_true`` (n,) class indices, ``probability`` (n, k) in [0, 1], ``y_pred`` (n,) class indices.

    ``positive`` is the index of the positive class of a binary task, else ``None`` (macro averages);
    ``majority`` is the most frequent class of the training part.
    """

    y_true: NDArray[np.intp]
    probability: Floats
    y_pred: NDArray[np.intp]
    positive: int | None
    majority: int

    @classmethod
    def of(
        cls,
        y_true: NDArray[np.intp],
        probability: Floats,
        *,
        positive: int | None = None,
        majority: int = 0,
        threshold: float | None = None,
    ) -> Predictions:
        """With ``y_pred`` by the threshold (binary), or else the most probable class."""
        return cls(y_true, probability, predicted_class(probability, threshold, positive), positive, majority)

    @property
    def classes(self) -> int:
        """k."""
        return int(self.probability.shape[1])

    @cached_property
    def is_class(self) -> NDArray[np.bool_]:
        """(n, k): the case is of the class."""
        return np.asarray(self.y_true[:, None] == np.arange(self.classes))

    @cached_property
    def is_called(self) -> NDArray[np.bool_]:
        """(n, k): the case was called so."""
        return np.asarray(self.y_pred[:, None] == np.arange(self.classes))

    @cached_property
    def orders(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """For each class the cases by rising probability, and where each distinct value starts."""
        return [runs(self.probability[:, column]) for column in range(self.classes)]

    @cached_property
    def cells(self) -> Predictions:
        """One case a cell of the confusion matrix, (k²,) by rows: what depends on labels only, in short."""
        index = np.arange(self.classes, dtype=np.intp)
        truth, called = np.repeat(index, self.classes), np.tile(index, self.classes)
        return Predictions(truth, np.eye(self.classes)[called], called, self.positive, self.majority)

    def unweighted(self) -> Weighted:
        """Every case once: one replicate, the sample itself."""
        return Weighted(self, np.ones((len(self.y_true), 1)))


def runs(values: NDArray[np.generic]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A stable rising order of ``values`` (n,) and the places in it where a new value starts."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    return order.astype(np.intp), starts.astype(np.intp)


class Weighted:
    """Predictions with case weights (n, b): b replicates. Sums of whole weights are exact in any order."""

    def __init__(self, predictions: Predictions, weights: Floats) -> None:
        self.predictions = predictions
        self.weights = weights
        self._rankings: dict[int, Ranking] = {}

    @cached_property
    def confusion(self) -> Floats:
        """(k, k, b): weight of the cases of class [i] that were called [j]."""
        k = self.predictions.classes
        cell = self.predictions.y_true * k + self.predictions.y_pred
        order, starts = runs(cell)
        counts = np.zeros((k * k, self.weights.shape[1]))
        counts[cell[order[starts]]] = np.add.reduceat(self.weights[order], starts, axis=0)
        return counts.reshape(k, k, -1)

    @cached_property
    def total(self) -> Floats:
        """(b,): the weight of all cases."""
        return np.asarray(self.confusion.sum(axis=(0, 1)))

    @cached_property
    def support(self) -> Floats:
        """(k, b): the weight of the cases of each class."""
        return np.asarray(self.confusion.sum(axis=1))

    def ranking(self, column: int) -> Ranking:
        """The cases by their probability of class ``column``, ties together."""
        if column not in self._rankings:
            order, starts = self.predictions.orders[column]
            ranked = self.weights[order]
            member = self.predictions.is_class[order, column]
            inside = ranked * member[:, None]
            if len(starts) < len(order):
                inside = np.add.reduceat(inside, starts, axis=0)
                ranked = np.add.reduceat(ranked, starts, axis=0)
            outside = ranked - inside
            below = np.cumsum(outside, axis=0)
            kept = np.logical_or.reduceat(member, starts)
            inside = inside[kept]
            self._rankings[column] = Ranking(inside, np.cumsum(inside, axis=0), outside[kept], below[kept], below[-1])
        return self._rankings[column]

    def mean(self, values: Floats) -> Floats:
        """(b,): the weighted mean of ``values`` (n,), summed in the order of the cases."""
        return np.asarray((self.weights * values[:, None]).sum(axis=0) / self.total)
