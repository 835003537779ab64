"""Nearest centroid: the class whose mean is nearest, on standardised features; a linear head with nothing to choose.

``−‖x − c‖² / 2`` is, up to what all classes share, ``x · c − ‖c‖² / 2``.

Source: Tibshirani et al. 2002 (without shrinking); Snell et al. 2017, Prototypical Networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel

from medgraft.transfer.models.logistic import PrincipalAxes
from medgraft.transfer.strategies.ridge import LinearScorer
from medgraft.transfer.strategies.scored import Cases, ScoredConfig, Scorer, Setting, fit_scored
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred

__all__ = ["NearestCentroid", "NearestCentroidConfig"]


class _CentroidLearner:
    settings: Sequence[Setting] = [{"shrinkage": 0.0}]

    def fit(self, cases: Cases, settings: Sequence[Setting]) -> list[Scorer]:
        axes, coordinates = PrincipalAxes.of(cases.features)
        classes = range(cases.n_classes)
        there = [coordinates[cases.labels == number] for number in classes]
        centres = np.stack([rows.mean(axis=0) if len(rows) else np.zeros(coordinates.shape[1]) for rows in there])
        return [LinearScorer(axes, centres, -0.5 * np.square(centres).sum(axis=1)) for _ in settings]


class NearestCentroidConfig(ScoredConfig):
    """Options of the nearest centroid."""

    kind: Literal["nearest-centroid"] = "nearest-centroid"


@STRATEGIES.register("nearest-centroid")
class NearestCentroid:
    """Frozen backbone, the class whose mean is nearest."""

    name: ClassVar[str] = "nearest-centroid"
    needs_validation: ClassVar[bool] = False
    needs_network: ClassVar[bool] = False
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = NearestCentroidConfig

    def __init__(self, config: NearestCentroidConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``fit_scored``."""
        config = self.config
        return fit_scored(_CentroidLearner(), material, root=config.root, folds=config.folds, repeats=config.repeats)
