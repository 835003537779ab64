"""The head that a mapped or weighted source is read with: logistic regression whose cases count as they are told.

It is the linear probe's rule in any space: on the cases' principal axes, C chosen by log-loss on patient-grouped folds
along a warm path that stops when a step got worse. Rows are not standardised again: the methods that call it have put
both sites on one scale, and a second one would undo that. With weights of one, on standardised features, it is the
linear probe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from medgraft.data.cohort.folds import folds_for
from medgraft.transfer.adaptation.few_labels import Labelled
from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.models.logistic import LogisticPath, path_logits

__all__ = ["FittedLinear", "fit_linear"]

Array = NDArray[np.float64]

_GRID = tuple(float(c) for c in 10.0 ** np.arange(-5.0, 1.01, 0.5))
_EXACT, _SWEEP_TOLERANCE = 1e-8, 1e-4
_FALLBACK = 1e-3
"""C where a class has too few groups for folds."""
_FOLDS = 5
_RANK = 1e-10


@dataclass(frozen=True)
class FittedLinear:
    """``rows @ weight.T + bias``: ``weight`` (classes, r), ``bias`` (classes,). ``held_out`` (n, classes): chances by
    folds that did not hold the case, at the chosen ``strength`` C; ``None`` where nothing could be held out."""

    weight: Array
    bias: Array
    strength: float
    sweep: list[dict[str, Any]] = field(default_factory=list)
    held_out: Array | None = None

    def chances(self, rows: Array) -> Array:
        """(m, classes)."""
        return softmax(rows @ self.weight.T + self.bias)


def fit_linear(cases: Labelled, n_classes: int, seed: int) -> FittedLinear:
    """Choose C and fit."""
    with threadpool_limits(1, user_api="blas"):
        mean, axes, design = _turned(cases.rows)
        fold = folds_for(cases.labels, cases.groups, _FOLDS, seed)
        strength, start, sweep, held_out = _sweep(design, cases, n_classes, fold)
        path = LogisticPath(design, cases.labels, n_classes, cases.weights[None])
        _, found = next(path.solve([strength], tolerance=_EXACT, start=start))
    parameters = found[0]
    if len(parameters) == 1:
        parameters = np.vstack([-parameters, parameters]) / 2
    weight = parameters[:, :-1] @ axes.T
    return FittedLinear(weight, parameters[:, -1] - weight @ mean, strength, sweep, held_out)


def _turned(rows: Array) -> tuple[Array, Array, Array]:
    """Mean (r,), principal axes (r, k), and the coordinates (n, k) of ``rows``."""
    mean = rows.mean(axis=0)
    centred = np.asarray(rows - mean, np.float64)
    n, r = centred.shape
    squared, vectors = np.linalg.eigh(centred @ centred.T if n < r else centred.T @ centred)
    kept = squared > _RANK * max(float(squared[-1]), 1e-30)
    if n >= r:
        return mean, vectors[:, kept], centred @ vectors[:, kept]
    lengths = np.sqrt(squared[kept])
    return mean, centred.T @ (vectors[:, kept] / lengths), vectors[:, kept] * lengths


def _sweep(
    design: Array, cases: Labelled, n_classes: int, fold: NDArray[np.int64] | None
) -> tuple[float, Array | None, list[dict[str, Any]], Array | None]:
    """C by the weighted, pooled log-loss over folds, where to start, what was tried, and the chances held out."""
    if fold is None:
        return _FALLBACK, None, [{"C": _FALLBACK, "log_loss": None, "chosen": True}], None
    numbers, place = np.unique(fold, return_inverse=True)
    weights = np.where(place == np.arange(len(numbers))[:, None], 0.0, cases.weights)
    everyone = np.arange(len(fold))
    small = design.astype(np.float32)
    path = LogisticPath(small, cases.labels, n_classes, weights)
    losses, starts, answers = list[float](), list[Array](), list[Array]()
    for _, parameters in path.solve(_GRID, tolerance=_SWEEP_TOLERANCE):
        held_out = softmax(path_logits(parameters, small)[everyone, place])
        each = -np.log(np.maximum(held_out[everyone, cases.labels], 1e-15))
        losses.append(float(each @ cases.weights / cases.weights.sum()))
        starts.append(parameters.mean(axis=0, keepdims=True))
        answers.append(held_out)
        if len(losses) > 1 and losses[-1] > losses[-2]:
            break
    best = int(np.argmin(losses))
    rows = [{"C": c, "log_loss": loss, "chosen": c == _GRID[best]} for c, loss in zip(_GRID, losses, strict=False)]
    return _GRID[best], starts[best], rows, answers[best]
