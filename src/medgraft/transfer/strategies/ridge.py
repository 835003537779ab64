"""Ridge: the frozen features, and least squares to the classes as 0 and 1, in closed form.

On principal axes the normal equations are diagonal, so that all strengths together cost one decomposition.

Source: Hoerl & Kennard 1970, Ridge Regression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.logistic import PrincipalAxes
from medgraft.transfer.strategies.scored import Calibrated, Cases, ScoredConfig, Scorer, Setting, fit_scored
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred

__all__ = ["LinearScorer", "Ridge", "RidgeConfig"]


@dataclass(frozen=True)
class LinearScorer:
    """``axes(features) @ weight.T + bias``; ``weight`` (classes, r), ``bias`` (classes,)."""

    axes: PrincipalAxes
    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def scores(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """See the contract."""
        return np.asarray(self.axes(features) @ self.weight.T + self.bias)

    def head(self, calibrated: Calibrated, *, rooted: bool) -> LinearHead:
        """See the contract."""
        weight = calibrated.slope * self.weight @ self.axes.axes.T
        bias = calibrated.slope * self.bias + calibrated.shift
        folded = LinearHead.folded(weight, bias, self.axes.mean, self.axes.scale)
        return LinearHead(folded.weight, folded.bias, rooted)


class _RidgeLearner:
    settings: Sequence[Setting] = [{"strength": float(value)} for value in 10.0 ** np.arange(5.0, 0.9, -0.5)]

    def fit(self, cases: Cases, settings: Sequence[Setting]) -> list[Scorer]:
        axes, coordinates = PrincipalAxes.of(cases.features)
        lengths = np.square(coordinates).sum(axis=0)
        hot = np.eye(cases.n_classes)[cases.labels]
        mean = hot.mean(axis=0)
        product = (hot - mean).T @ coordinates
        return [LinearScorer(axes, product / (lengths + one["strength"]), mean) for one in settings]


class RidgeConfig(ScoredConfig):
    """Options of ridge."""

    kind: Literal["ridge"] = "ridge"


@STRATEGIES.register("ridge")
class Ridge:
    """Frozen backbone, least squares with a penalty on its features."""

    name: ClassVar[str] = "ridge"
    needs_validation: ClassVar[bool] = False
    needs_network: ClassVar[bool] = False
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = RidgeConfig

    def __init__(self, config: RidgeConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``fit_scored``."""
        config = self.config
        return fit_scored(_RidgeLearner(), material, root=config.root, folds=config.folds, repeats=config.repeats)
