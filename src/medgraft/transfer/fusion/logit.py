"""A logistic regression on few columns beside evidence that was learnt before; strength chosen on grouped folds.

    logits = (1 + s) · evidence + W · columns + b        softmax over the classes

Minimised is ``Σ wᵢ lossᵢ + ‖W‖² / 2C + s² v / 2``, v the variance of the evidence: a priori the evidence counts as it
is, give or take what makes one log-odds of its spread, and the columns say nothing. So columns of noise cost the
evidence little however strong their penalty has to be, evidence of noise loses its slope, and timid evidence (of a
probe that had to be held tight) may grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from medgraft.data.cohort.folds import folds_for
from medgraft.transfer.models.heads.head import softmax

__all__ = ["Evidence", "LogitModel", "fitted_logit"]

Floats = NDArray[np.float64]
_GRID = tuple(float(c) for c in 10.0 ** np.arange(-3.0, 1.1, 0.5))
_FALLBACK = 0.1
"""Where a class has too few patients for folds."""


@dataclass(frozen=True)
class Evidence:
    """n rows: ``columns`` (n, d), standardised; ``learnt`` (n, classes) logits that were learnt before, zeros where
    there are none."""

    columns: Floats
    learnt: Floats

    def take(self, keep: NDArray[np.bool_]) -> Evidence:
        """Some of the rows."""
        return Evidence(self.columns[keep], self.learnt[keep])


@dataclass(frozen=True)
class LogitModel:
    """``weight`` (classes, d), ``bias`` (classes,), ``slope`` of the evidence (1 + s); ``strength`` is C."""

    weight: Floats
    bias: Floats
    slope: float
    strength: float

    def chances(self, given: Evidence) -> Floats:
        """(n, classes)."""
        return softmax(self.slope * given.learnt + given.columns @ self.weight.T + self.bias)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "weight": self.weight.tolist(),
            "bias": self.bias.tolist(),
            "slope": self.slope,
            "strength": self.strength,
        }

    @classmethod
    def restore(cls, content: dict[str, Any]) -> Self:
        """From what ``to_json`` gave."""
        bias = np.asarray(content["bias"], dtype=np.float64)
        weight = np.asarray(content["weight"], dtype=np.float64).reshape(len(bias), -1)
        return cls(weight, bias, float(content["slope"]), float(content["strength"]))


def fitted_logit(
    given: Evidence,
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
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
        strength, held_out = (_FALLBACK, None) if fold is None else _chosen(given, labels, counts, fold)
        return _solved(given, labels, counts, strength, None), held_out


def _chosen(
    given: Evidence, labels: NDArray[np.int64], counts: Floats, fold: NDArray[np.int64]
) -> tuple[float, Floats]:
    """The strength of the least log-loss over folds, along a path that ends when a step got worse, and what the folds
    answer there."""
    best, chosen, kept = np.inf, _GRID[0], np.zeros_like(given.learnt)
    models: dict[int, LogitModel] = {}
    for strength in _GRID:
        answers = np.zeros_like(given.learnt)
        for number in np.unique(fold):
            held = fold == number
            seen = given.take(~held), labels[~held], counts[~held]
            models[number] = _solved(*seen, strength, models.get(number))
            answers[held] = models[number].chances(given.take(held))
        right = answers[np.arange(len(labels)), labels]
        loss = float(-(counts * np.log(np.maximum(right, 1e-15))).sum())
        if loss >= best:
            break
        best, chosen, kept = loss, strength, answers
    return chosen, kept


def _solved(
    given: Evidence, labels: NDArray[np.int64], counts: Floats, strength: float, start: LogitModel | None
) -> LogitModel:
    """The one minimum (the problem is convex); ``start``: a solution near it."""
    columns, learnt = given.columns, given.learnt
    classes, width = learnt.shape[1], columns.shape[1]
    hot = np.eye(classes)[labels]
    variance = float((learnt[:, -1] - learnt[:, 0]).var()) if classes == 2 else float(learnt.var())

    def objective(flat: Floats) -> tuple[float, Floats]:
        weight, bias, s = flat[: classes * width].reshape(classes, width), flat[classes * width : -1], flat[-1]
        chances = softmax((1 + s) * learnt + columns @ weight.T + bias)
        right = np.maximum(chances[np.arange(len(labels)), labels], 1e-300)
        loss = (
            float(-(counts * np.log(right)).sum())
            + 0.5 * float((weight**2).sum()) / strength
            + 0.5 * float(s * s) * variance
        )
        miss = (chances - hot) * counts[:, None]
        slope = float((miss * learnt).sum()) + s * variance
        return loss, np.concatenate([(miss.T @ columns + weight / strength).ravel(), miss.sum(axis=0), [slope]])

    at = np.zeros(classes * (width + 1) + 1)
    if start is not None:
        at = np.concatenate([start.weight.ravel(), start.bias, [start.slope - 1]])
    found = minimize(objective, at, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-9, "gtol": 1e-6}).x
    weight = found[: classes * width].reshape(classes, width)
    return LogitModel(weight, found[classes * width : -1], 1 + float(found[-1]), strength)
