"""L2-regularised logistic regression on features, along a path of strengths, fast for few cases.

The objective is scikit-learn's: ``0.5 ‖W‖² + C Σ wᵢ lossᵢ``, intercept free. Two classes are one sigmoid,
more are a softmax. The penalty does not see rotations, so the problem is solved in the principal axes of
the (standardised) features, found from the smaller of Gram matrix and covariance: at most ``min(n, d)`` columns,
orthogonal, with lengths ``s``. There the curvature is nearly diagonal, at most ``1 + κ C s²``, and dividing by
its root makes L-BFGS converge in a few steps where it took dozens. Each strength starts from the solution before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from medgraft.transfer.models.head import LinearHead

__all__ = ["LogisticPath", "PrincipalAxes", "class_weights", "path_logits"]

_RANK_TOLERANCE = 1e-10
"""Axes whose squared length is below this part of the longest carry rounding only."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PrincipalAxes:
    """Standardisation and the principal axes of some cases: a turn of the features that a penalty does not see.

    ``axes`` (d, r), r the numerical rank; ``mean`` and ``scale`` (d,), population statistics; a constant feature
    gets an infinite scale and stays at zero.
    """

    mean: Array
    scale: Array
    axes: Array

    @classmethod
    def of(cls, features: NDArray[np.float32]) -> tuple[PrincipalAxes, Array]:
        """The axes of ``features`` (n, d), and their coordinates (n, r); from the smaller of X Xᵀ and Xᵀ X."""
        mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
        scale = np.where(scale > 1e-12 * np.maximum(1.0, np.abs(mean)), scale, np.inf)
        rows = (features - mean) / scale
        n, d = rows.shape
        squared, vectors = np.linalg.eigh(rows @ rows.T if n < d else rows.T @ rows)
        kept = squared > _RANK_TOLERANCE * max(float(squared[-1]), np.finfo(float).tiny)
        if n >= d:
            return cls(mean, scale, vectors[:, kept]), rows @ vectors[:, kept]
        lengths = np.sqrt(squared[kept])
        return cls(mean, scale, rows.T @ (vectors[:, kept] / lengths)), vectors[:, kept] * lengths

    def __call__(self, features: NDArray[np.float32]) -> Array:
        """Coordinates (m, r) of other cases."""
        return np.asarray(((features - self.mean) / self.scale) @ self.axes)

    def head(self, parameters: Array) -> LinearHead:
        """The head on raw features for a solution of a ``LogisticPath`` on these coordinates."""
        weight, bias = parameters[:, :-1] @ self.axes.T, parameters[:, -1]
        if len(weight) == 1:
            weight, bias = np.vstack([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        return LinearHead.folded(weight, bias, self.mean, self.scale)


def class_weights(labels: NDArray[np.int64], n_classes: int, rule: str) -> Array:
    """One weight a case: 1, or for ``balanced`` n / (classes · cases of its class)."""
    if rule == "none":
        return np.ones(len(labels))
    counts = np.bincount(labels, minlength=n_classes)
    return np.asarray(len(labels) / (np.maximum(counts, 1) * n_classes))[labels]


class LogisticPath:
    """The problem for one set of cases; ``solve`` walks a path of strengths with warm starts.

    ``design`` (n, r) are coordinates in (nearly) orthogonal axes, ``labels`` (n,) class indices.
    """

    def __init__(self, design: Array, labels: NDArray[np.int64], n_classes: int, rule: str = "none") -> None:
        self.labels, self.n_classes = labels, n_classes
        self.weights = class_weights(labels, n_classes, rule)
        self._design = design
        self._squared_lengths = np.einsum("nr,nr->r", design, design)

    def solve(self, strengths: Sequence[float], tolerance: float = 1e-6) -> Iterator[tuple[float, Array]]:
        """Yield (C, parameters) for each strength, strongest regularisation first; stop whenever you like.

        Parameters are ``(outputs, columns + 1)``, intercept last; outputs is 1 for two classes. ``tolerance``
        is the relative decrease of the objective at which a point of the path is done.
        """
        outputs = 1 if self.n_classes == 2 else self.n_classes
        curvature = 0.25 if self.n_classes == 2 else 0.5
        current = np.zeros((outputs, self._design.shape[1] + 1))
        for strength in strengths:
            lengths = np.append(
                1.0 + curvature * strength * self._squared_lengths, curvature * strength * len(self.labels)
            )
            stretch = 1.0 / np.sqrt(lengths)
            result = minimize(
                self._objective,
                (current / stretch).ravel(),
                args=(strength, stretch),
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": 500, "gtol": 1e-9, "ftol": tolerance},
            )
            current = result.x.reshape(current.shape) * stretch
            yield strength, current

    def _objective(self, flat: Array, strength: float, stretch: Array) -> tuple[float, Array]:
        parameters = flat.reshape(-1, len(stretch)) * stretch
        weight, intercept = parameters[:, :-1], parameters[:, -1]
        loss, slope = self._loss(self._design @ weight.T + intercept)
        slope *= strength * self.weights[:, None]
        gradient = np.empty_like(parameters)
        gradient[:, :-1] = slope.T @ self._design + weight
        gradient[:, -1] = slope.sum(axis=0)
        value = 0.5 * float(np.sum(weight * weight)) + strength * float(self.weights @ loss)
        return value, (gradient * stretch).ravel()

    def _loss(self, scores: Array) -> tuple[Array, Array]:
        """Log-loss of each case and its derivative by the scores."""
        if self.n_classes == 2:
            target = (self.labels == 1).astype(np.float64)
            margin = scores[:, 0]
            loss = np.maximum(margin, 0) - margin * target + np.log1p(np.exp(-np.abs(margin)))
            return loss, (expit(margin) - target)[:, None]
        rows = np.arange(len(scores))
        scores = scores - scores.max(axis=1, keepdims=True)
        slope = np.exp(scores)
        total = slope.sum(axis=1)
        loss = np.log(total) - scores[rows, self.labels]
        slope /= total[:, None]
        slope[rows, self.labels] -= 1
        return loss, slope


def path_logits(parameters: Array, coordinates: Array) -> Array:
    """(n, classes) scores of cases for a point of a path; two classes are spread over two columns."""
    scores = coordinates @ parameters[:, :-1].T + parameters[:, -1]
    return np.hstack([-scores / 2, scores / 2]) if len(parameters) == 1 else np.asarray(scores)
