"""k nearest neighbours: no training at all; the likest cases of the training set vote.

The plainest question to a backbone: are pictures that it finds alike of one class? The bundle holds the features of the
training cases, so that it may leave the house only if that is asked for (``--with-gallery``).

Source: Cover & Hart 1967; Caron et al. 2021 (DINO) for k-NN on frozen features as a measure of a backbone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from medgraft.transfer.models.heads.gallery import GalleryHead, unit_rows, votes
from medgraft.transfer.strategies.scored import Calibrated, Cases, ScoredConfig, Scorer, Setting, fit_scored
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred

__all__ = ["Knn", "KnnConfig"]

_KS = (1, 3, 5, 10, 20, 40)


@dataclass(frozen=True)
class _Neighbours:
    rows: NDArray[np.float32]
    labels: NDArray[np.int64]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    n_classes: int
    k: int

    def scores(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        likeness = unit_rows(features, self.mean, self.scale) @ self.rows.T
        return votes(likeness, self.labels, self.k, self.n_classes)

    def head(self, calibrated: Calibrated, *, rooted: bool) -> GalleryHead:
        return GalleryHead(
            self.rows, self.labels, self.mean, self.scale, calibrated.shift, calibrated.slope, self.k, rooted
        )


class _NeighbourLearner:
    def __init__(self, fixed: int | None) -> None:
        self.settings: Sequence[Setting] = [{"k": k} for k in (_KS if fixed is None else (fixed,))]

    def fit(self, cases: Cases, settings: Sequence[Setting]) -> list[Scorer]:
        mean, scale = cases.features.mean(axis=0, dtype=np.float64), cases.features.std(axis=0, dtype=np.float64)
        scale = np.where(scale > 1e-12 * np.maximum(1.0, np.abs(mean)), scale, np.inf)
        mean32, scale32 = mean.astype(np.float32), scale.astype(np.float32)
        rows = unit_rows(cases.features, mean32, scale32)
        return [
            _Neighbours(rows, cases.labels, mean32, scale32, cases.n_classes, min(int(one["k"]), len(rows)))
            for one in settings
        ]


class KnnConfig(ScoredConfig):
    """Options of k-NN."""

    kind: Literal["knn"] = "knn"
    k: Annotated[int | None, Field(ge=1, description="neighbours that vote; chosen on grouped folds if not given")] = (
        None
    )


@STRATEGIES.register("knn")
class Knn:
    """Frozen backbone, the likest training cases vote."""

    name: ClassVar[str] = "knn"
    needs_validation: ClassVar[bool] = False
    needs_network: ClassVar[bool] = False
    keeps_gallery: ClassVar[bool] = True
    Config: ClassVar[type[BaseModel]] = KnnConfig

    def __init__(self, config: KnnConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``fit_scored``."""
        config = self.config
        return fit_scored(
            _NeighbourLearner(config.k), material, root=config.root, folds=config.folds, repeats=config.repeats
        )
