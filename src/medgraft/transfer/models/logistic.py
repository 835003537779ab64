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
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.optimize import minimize
from scipy.special import expit

from medgraft.transfer.models.heads.linear import LinearHead

__all__ = ["LogisticPath", "PrincipalAxes", "class_weights", "path_logits", "path_scores"]

_TINY = 1e-30
_RANK_TOLERANCE: dict[type[np.floating[Any]], float] = {np.float64: 1e-10, np.float32: 1e-6}
"""Axes whose squared length is below this part of the longest carry rounding only."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PrincipalAxes:
    """Standardisation and the principal axes of some cases: a turn of features that a penalty does not see.

    ``axes`` (d, r), r the numerical rank; ``mean`` and ``scale`` (d,), population statistics; a constant feature
    gets an infinite scale and stays at zero.
    """

    mean: Array
    scale: Array
    axes: Array

    @classmethod
    def of(
        cls, features: NDArray[np.float32], dtype: type[np.floating[Any]] = np.float64, most: int | None = None
    ) -> tuple[PrincipalAxes, NDArray[Any]]:
        """The axes of ``features`` (n, d), and their coordinates (n, r); from the smaller of X Xᵀ and Xᵀ X. ``most``:
        only so many, the longest."""
        mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
        scale = np.where(scale > 1e-12 * np.maximum(1.0, np.abs(mean)), scale, np.inf)
        rows = np.asarray((features - mean.astype(dtype)) / scale.astype(dtype))
        n, d = rows.shape
        squared, vectors = _eigen(rows @ rows.T if n < d else rows.T @ rows, most)
        kept = squared > _RANK_TOLERANCE[dtype] * max(float(squared[-1]), _TINY)
        if n >= d:
            return cls(mean, scale, vectors[:, kept]), rows @ vectors[:, kept]
        lengths = np.sqrt(squared[kept])
        return cls(mean, scale, rows.T @ (vectors[:, kept] / lengths)), vectors[:, kept] * lengths

    def __call__(self, features: NDArray[np.float32]) -> Array:
        """Coordinates (m, r) of other cases."""
        return np.asarray(((features - self.mean) / self.scale) @ self.axes)

    def head(self, parameters: Array) -> LinearHead:
        """The head on raw features for a solution (outputs, r + 1) of a ``LogisticPath`` on these coordinates."""
        weight, bias = parameters[:, :-1] @ self.axes.T, parameters[:, -1]
        if len(weight) == 1:
            weight, bias = np.vstack([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        return LinearHead.folded(weight, bias, self.mean, self.scale)


def _eigen(matrix: NDArray[Any], most: int | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Eigenvalues in ascending order and eigenvectors of a symmetric matrix; the largest ``most`` of them."""
    if most is None or most >= len(matrix):
        return np.linalg.eigh(matrix)
    squared, vectors = eigh(matrix, subset_by_index=[len(matrix) - most, len(matrix) - 1], overwrite_a=True)
    return squared, vectors


def class_weights(labels: NDArray[np.int64], n_classes: int, rule: str) -> Array:
    """One weight a case: 1, or for ``balanced`` n / (classes · cases of its class)."""
    if rule == "none":
        return np.ones(len(labels))
    counts = np.bincount(labels, minlength=n_classes)
    return np.asarray(len(labels) / (np.maximum(counts, 1) * n_classes))[labels]


class LogisticPath:
    """Several problems on the same cases, solved together; ``solve`` walks a path of strengths with warm starts.

    ``design`` (n, r) are coordinates in (nearly) orthogonal axes, ``labels`` (n,) class indices, ``weights`` (p, n)
    what a case counts in each problem: a fold is a row with zeros where its cases are held out. The problems
    share each pass over the design, which is where the time goes; a float32 design halves it, and is exact
    enough where the solution serves to compare (losses to six digits).
    """

    def __init__(self, design: NDArray[Any], labels: NDArray[np.int64], n_classes: int, weights: Array) -> None:
        self.labels, self.n_classes, self.weights = labels, n_classes, weights
        self._design = design
        self._squared_lengths = np.asarray(weights @ (design * design), dtype=np.float64)
        self._total = weights.sum(axis=1, keepdims=True)
        self._hot = np.zeros((len(labels), 1, n_classes))
        self._hot[np.arange(len(labels)), 0, labels] = 1.0

    def solve(
        self, strengths: Sequence[float], *, tolerance: float = 1e-7, start: Array | None = None
    ) -> Iterator[tuple[float, Array]]:
        """Yield (C, parameters) for each strength, strongest regularisation first; stop whenever you like.

        The first one starts from ``start``, or from zero.

        Parameters are ``(p, outputs, r + 1)``, intercept last; outputs is 1 for two classes. ``tolerance`` is the
        relative decrease of the objective at which a point of the path is done.
        """
        outputs = 1 if self.n_classes == 2 else self.n_classes
        curvature = 0.25 if self.n_classes == 2 else 0.5
        shape = (len(self.weights), outputs, self._design.shape[1] + 1)
        current = np.zeros(shape) if start is None else start.reshape(shape)
        for strength in strengths:
            steep = curvature * strength
            lengths = np.hstack([1.0 + steep * self._squared_lengths, steep * self._total])
            stretch = 1.0 / np.sqrt(lengths)[:, None, :]
            result = minimize(
                self._objective,
                (current / stretch).ravel(),
                args=(strength, stretch, shape),
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": 500, "gtol": 1e-9, "ftol": tolerance},
            )
            current = result.x.reshape(shape) * stretch
            yield strength, current

    def _objective(
        self, flat: Array, strength: float, stretch: Array, shape: tuple[int, int, int]
    ) -> tuple[float, Array]:
        parameters = flat.reshape(shape) * stretch
        loss, slope = self._loss(path_scores(parameters, self._design))
        slope *= (strength * self.weights.T)[:, :, None]
        gradient = np.empty_like(parameters)
        rows = slope.reshape(len(slope), -1).astype(self._design.dtype)
        gradient[:, :, :-1] = (rows.T @ self._design).reshape(shape[0], shape[1], -1) + parameters[:, :, :-1]
        gradient[:, :, -1] = slope.sum(axis=0)
        penalty = 0.5 * float(np.vdot(parameters[:, :, :-1], parameters[:, :, :-1]))
        return penalty + strength * float(np.vdot(self.weights.T, loss)), (gradient * stretch).ravel()

    def _loss(self, scores: Array) -> tuple[Array, Array]:
        """Log-loss (n, p) of each case in each problem, and its derivative by the scores (n, p, outputs)."""
        if self.n_classes == 2:
            target = self._hot[:, :, 1]
            margin = scores[:, :, 0]
            loss = np.maximum(margin, 0) - margin * target + np.log1p(np.exp(-np.abs(margin)))
            return loss, (expit(margin) - target)[:, :, None]
        shifted = scores - scores.max(axis=2, keepdims=True)
        slope = np.exp(shifted)
        total = slope.sum(axis=2, keepdims=True)
        loss = np.log(total[:, :, 0]) - (shifted * self._hot).sum(axis=2)
        return loss, slope / total - self._hot


def path_scores(parameters: Array, coordinates: NDArray[Any]) -> Array:
    """(n, p, outputs) scores of cases for a point of a path."""
    problems, outputs, columns = parameters.shape
    flat = parameters.reshape(-1, columns)
    products = coordinates @ flat[:, :-1].T.astype(coordinates.dtype)
    return np.asarray((products + flat[:, -1]).reshape(-1, problems, outputs))


def path_logits(parameters: Array, coordinates: NDArray[Any]) -> Array:
    """(n, p, classes); two classes are spread over two columns."""
    scores = path_scores(parameters, coordinates)
    return np.concatenate([-scores / 2, scores / 2], axis=2) if scores.shape[2] == 1 else scores
