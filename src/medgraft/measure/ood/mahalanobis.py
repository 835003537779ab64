"""Mahalanobis distance to the nearest class: in units of how much the features of one class vary together.

    min over classes c of  √((z − μ_c)ᵀ Σ⁻¹ (z − μ_c)),   z the standardised features

Σ is the covariance within classes, the same for all, shrunk towards a sphere as Ledoit and Wolf do: (1 − λ) S + λ m I,
m the mean variance. Directions in which no training case moves have the variance λ m, so that a case that moves there
is far. Of normal features with many cases the square is χ² with d degrees of freedom. Kept are the class means and
the axes of S: no row of a patient.
Source: Lee et al., NeurIPS 2018; Ledoit & Wolf, J Multivariate Analysis 2004;88:365-411.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.ood.detector import DETECTORS, checked_features, standardisation
from medgraft.measure.patients import Patients
from medgraft.measure.transferability.h_score import ledoit_wolf_shrinkage

__all__ = ["Mahalanobis"]

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
LEAST_SHRINKAGE = 1e-6
RANK_TOLERANCE = 1e-10
"""Axes whose squared length is below this part of the longest carry rounding only."""


@DETECTORS.register("mahalanobis")
@dataclass(frozen=True)
class Mahalanobis:
    """``mean`` and ``scale`` (d,) of raw features; ``centres`` (k, d), ``axes`` (r, d) and ``variances`` (r,) of
    standardised ones; ``rest``: the variance in every direction beside the axes."""

    kind: ClassVar[str] = "mahalanobis"
    summary: ClassVar[str] = "distance to the nearest class mean, in units of the shrunk covariance within classes"

    mean: Singles
    scale: Singles
    centres: Singles
    axes: Singles
    variances: Singles
    rest: float

    def __post_init__(self) -> None:
        width = (self.mean.size,)
        shapes = {self.mean.shape, self.scale.shape, self.centres.shape[1:], self.axes.shape[1:]}
        if shapes != {width} or self.variances.shape != self.axes.shape[:1] or not len(self.centres):
            raise ValueError(f"means {self.centres.shape} and axes {self.axes.shape} of {width} features")
        if not self.rest > 0 or not (self.variances > 0).all():
            raise ValueError("variances that are not above 0")

    @property
    def gallery(self) -> bool:
        """Class means and axes are no rows of patients."""
        return False

    @classmethod
    def fit(cls, features: Floats, codes: NDArray[np.intp], patients: Patients) -> Self:
        """See the contract."""
        mean, scale = standardisation(features)
        rows = (features - mean) / scale
        members = np.eye(int(codes.max()) + 1)[codes]
        centres = (members.T @ rows) / members.sum(axis=0)[:, None]
        inside = rows - centres[codes]
        freedom, width = max(1, len(rows) - len(centres)), rows.shape[1]
        squared, axes = _axes(inside)
        sphere = float((inside**2).sum()) / freedom / width
        if not sphere > 0:  # every class is one point: distances are in units of the features
            squared, axes, sphere, share = np.zeros(0), np.zeros((0, width)), 1.0, 1.0
        else:
            share = max(LEAST_SHRINKAGE, ledoit_wolf_shrinkage(inside))
        variances = (1 - share) * squared / freedom + share * sphere
        return cls(mean, scale, _single(centres), _single(axes), _single(variances), share * sphere)

    def __call__(self, features: NDArray[Any]) -> Floats:
        """See the contract."""
        rows = (checked_features(features, "measuring strangeness", self.mean.size) - self.mean) / self.scale
        axes, centres = self.axes.astype(np.float64), self.centres.astype(np.float64)
        along, places = rows @ axes.T, centres @ axes.T
        nearest = np.full(len(rows), np.inf)
        for centre, place in zip(centres, places, strict=True):
            steps = (along - place) ** 2
            distance = (steps / self.variances).sum(axis=1)
            if len(axes) < rows.shape[1]:
                beside = ((rows - centre) ** 2).sum(axis=1) - steps.sum(axis=1)
                distance += np.maximum(beside, 0.0) / self.rest
            nearest = np.minimum(nearest, distance)
        return np.asarray(np.sqrt(nearest))

    def tensors(self) -> dict[str, NDArray[Any]]:
        """See the contract."""
        return {name: getattr(self, name) for name in ("mean", "scale", "centres", "axes", "variances")}

    def facts(self) -> dict[str, Any]:
        """See the contract."""
        return {"rest": self.rest}

    @classmethod
    def restore(cls, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Self:
        """See the contract."""
        arrays = {name: _single(tensors[name]) for name in ("mean", "scale", "centres", "axes", "variances")}
        return cls(**arrays, rest=float(facts["rest"]))


def _single(values: NDArray[Any]) -> Singles:
    return np.asarray(values, dtype=np.float32)


def _axes(inside: Floats) -> tuple[Floats, Floats]:
    """Squared lengths (r,) and principal axes (r, d) of ``inside`` (n, d), from the smaller of its two products."""
    cases, width = inside.shape
    squared, vectors = np.linalg.eigh(inside @ inside.T if cases < width else inside.T @ inside)
    kept = squared > RANK_TOLERANCE * max(float(squared[-1]), np.finfo(np.float64).tiny)
    squared, vectors = squared[kept], vectors[:, kept]
    axes = (inside.T @ (vectors / np.sqrt(squared))).T if cases < width else vectors.T
    return squared, np.asarray(axes)
