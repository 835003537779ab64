"""Support vector machine with a smooth (RBF) kernel: a border that may bend.

The kernel is approximated by random Fourier features of the longest principal axes, so that the head holds no training
case, as support vectors would. ``gamma`` is in units of one over the median squared distance of the training cases.

Source: Boser, Guyon & Vapnik 1992; Rahimi & Recht 2007, Random Features for Large-Scale Kernel Machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy.spatial.distance import pdist

from medgraft.transfer.models.heads.fourier import FourierHead, waves
from medgraft.transfer.models.logistic import PrincipalAxes
from medgraft.transfer.strategies.scored import Calibrated, Cases, ScoredConfig, Scorer, Setting, fit_scored
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred
from medgraft.transfer.strategies.svm import borders

__all__ = ["SvmRbf", "SvmRbfConfig"]

_GAMMAS, _STRENGTHS = (0.1, 0.3, 1.0), (0.1, 1.0, 10.0)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _WaveScorer:
    axes: PrincipalAxes
    frequencies: Array
    phases: Array
    weight: Array
    bias: Array

    def scores(self, features: NDArray[np.float32]) -> Array:
        return np.asarray(waves(self.axes(features), self.frequencies, self.phases) @ self.weight.T + self.bias)

    def head(self, calibrated: Calibrated, *, rooted: bool) -> FourierHead:
        return FourierHead(
            mean=self.axes.mean,
            scale=self.axes.scale,
            axes=np.ascontiguousarray(self.axes.axes.T),
            frequencies=self.frequencies,
            phases=self.phases,
            weight=calibrated.slope * self.weight,
            bias=calibrated.slope * self.bias + calibrated.shift,
            rooted=rooted,
        )


class _RbfLearner:
    settings: Sequence[Setting] = [{"gamma": gamma, "C": strength} for gamma, strength in product(_GAMMAS, _STRENGTHS)]

    def __init__(self, axes: int, frequencies: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._most = axes
        self._normal = rng.normal(size=(frequencies, axes))
        self._phases = rng.uniform(0, 2 * np.pi, size=frequencies)

    def fit(self, cases: Cases, settings: Sequence[Setting]) -> list[Scorer]:
        axes, coordinates = PrincipalAxes.of(cases.features, most=self._most)
        apart = pdist(coordinates, "sqeuclidean")
        unit = float(np.median(apart)) if len(apart) else 1.0
        found, rough = list[Scorer](), len(settings) > 1
        for gamma in dict.fromkeys(one["gamma"] for one in settings):
            frequencies = self._normal[:, : coordinates.shape[1]] * np.sqrt(2 * gamma / (unit or 1.0))
            design = waves(coordinates, frequencies, self._phases)
            for one in settings:
                if one["gamma"] == gamma:
                    found.append(
                        _WaveScorer(axes, frequencies, self._phases, *borders(design, cases, one["C"], rough=rough))
                    )
        return found


class SvmRbfConfig(ScoredConfig):
    """Options of the support vector machine with a smooth kernel."""

    kind: Literal["svm-rbf"] = "svm-rbf"
    class_weights: Annotated[
        Literal["none", "balanced"],
        Field(description="weight of a case in the loss: none, or inverse class frequency"),
    ] = "none"
    axes: Annotated[int, Field(ge=1, le=512, description="principal axes that the kernel sees, the longest")] = 64
    frequencies: Annotated[int, Field(ge=16, le=8192, description="random Fourier features of the kernel")] = 512


@STRATEGIES.register("svm-rbf")
class SvmRbf:
    """Frozen backbone, a border that may bend."""

    name: ClassVar[str] = "svm-rbf"
    needs_validation: ClassVar[bool] = False
    needs_network: ClassVar[bool] = False
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = SvmRbfConfig

    def __init__(self, config: SvmRbfConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``fit_scored``."""
        config = self.config
        return fit_scored(
            _RbfLearner(config.axes, config.frequencies, material.seed),
            material,
            root=config.root,
            folds=config.folds,
            repeats=config.repeats,
            weighting=config.class_weights,
        )
