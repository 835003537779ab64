"""A logistic regression on few columns, its strength chosen on grouped folds, with the answers of those folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from medgraft.data.cohort.folds import folds_for
from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.models.logistic import LogisticPath, path_logits

__all__ = ["LogitModel", "fitted_logit"]

Floats = NDArray[np.float64]
_GRID = tuple(float(c) for c in 10.0 ** np.arange(-3.0, 1.6, 0.5))
_FALLBACK = 0.1
"""Where a class has too few patients for folds."""


@dataclass(frozen=True)
class LogitModel:
    """``parameters`` (outputs, d + 1), intercept last; one output for two classes. ``strength`` is C."""

    parameters: Floats
    strength: float

    def chances(self, design: Floats) -> Floats:
        """(n, classes) of (n, d)."""
        return softmax(path_logits(self.parameters[None], design)[:, 0])

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"parameters": self.parameters.tolist(), "strength": self.strength}

    @classmethod
    def restore(cls, content: dict[str, Any]) -> Self:
        """From what ``to_json`` gave."""
        return cls(np.asarray(content["parameters"], dtype=np.float64), float(content["strength"]))


def fitted_logit(
    design: Floats,
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    n_classes: int,
    *,
    weights: Floats | None = None,
    seed: int = 0,
) -> tuple[LogitModel, Floats | None]:
    """The model, and out-of-fold chances (n, classes) at the chosen strength, ``None`` where no folds can be made.

    ``weights`` (n,): what each row counts; one everywhere if not given.
    """
    counts = np.ones(len(labels)) if weights is None else weights
    fold = folds_for(labels, groups, 5, seed)
    with threadpool_limits(1, user_api="blas"):
        strength, held_out = (_FALLBACK, None) if fold is None else _chosen(design, labels, n_classes, counts, fold)
        path = LogisticPath(design, labels, n_classes, counts[None])
        _, parameters = next(path.solve([strength], tolerance=1e-10))
    return LogitModel(parameters[0], strength), held_out


def _chosen(
    design: Floats, labels: NDArray[np.int64], n_classes: int, counts: Floats, fold: NDArray[np.int64]
) -> tuple[float, Floats]:
    """The strength of the least log-loss over folds, and what the folds answer there."""
    numbers, place = np.unique(fold, return_inverse=True)
    everyone = np.arange(len(fold))
    path = LogisticPath(design, labels, n_classes, np.stack([counts * (place != row) for row in range(len(numbers))]))
    best, answers, chosen = np.inf, np.zeros((len(labels), n_classes)), _GRID[0]
    for strength, parameters in path.solve(_GRID, tolerance=1e-7):
        held_out = softmax(path_logits(parameters, design)[everyone, place])
        loss = float(-(counts * np.log(np.maximum(held_out[everyone, labels], 1e-15))).sum() / counts.sum())
        if loss < best:
            best, answers, chosen = loss, held_out, strength
    return chosen, answers
