"""Support vector machine: the frozen features, and the linear border with the widest margin.

One border a class against the others (of two classes, one), squared hinge loss, on standardised principal axes: the
penalty does not see that turn, and few cases have few axes. It is solved in the primal, without a random draw.

Source: Cortes & Vapnik 1995, Support-Vector Networks; Fan et al. 2008, LIBLINEAR.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from medgraft.transfer.models.logistic import PrincipalAxes
from medgraft.transfer.strategies.ridge import LinearScorer
from medgraft.transfer.strategies.scored import Cases, ScoredConfig, Scorer, Setting, fit_scored
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred

__all__ = ["Svm", "SvmConfig", "borders"]

_STRENGTHS = tuple(float(value) for value in 10.0 ** np.arange(-6.0, -1.9, 1.0))
_ROUGH, _EXACT = 1e-2, 1e-4
"""Tolerance where settings are compared, and for the one that is kept: a wide margin needs neither more nor less."""


def borders(
    design: NDArray[np.float64], cases: Cases, strength: float, *, rough: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (classes, r) and biases (classes,) on ``design`` (n, r), the coordinates of ``cases``; ``strength`` is C.

    ``rough``: good enough to compare. A class without a case is never near.
    """
    from sklearn.svm import LinearSVC

    weight, bias = np.zeros((cases.n_classes, design.shape[1])), np.full(cases.n_classes, -1.0)
    there = np.unique(cases.labels)
    if len(there) < 2:
        bias[there] = 1.0
        return weight, bias
    model = LinearSVC(C=strength, dual=False, tol=_ROUGH if rough else _EXACT, max_iter=10_000)
    model.fit(design, cases.labels, sample_weight=cases.weights)
    both = len(there) == 2
    weight[there] = np.vstack([-model.coef_, model.coef_]) if both else model.coef_
    bias[there] = np.concatenate([-model.intercept_, model.intercept_]) if both else model.intercept_
    return weight, bias


class _SvmLearner:
    def __init__(self, fixed: float | None) -> None:
        strengths = _STRENGTHS if fixed is None else (fixed,)
        self.settings: Sequence[Setting] = [{"C": strength} for strength in strengths]

    def fit(self, cases: Cases, settings: Sequence[Setting]) -> list[Scorer]:
        axes, coordinates = PrincipalAxes.of(cases.features)
        return [LinearScorer(axes, *borders(coordinates, cases, one["C"], rough=len(settings) > 1)) for one in settings]


class SvmConfig(ScoredConfig):
    """Options of the support vector machine."""

    kind: Literal["svm"] = "svm"
    class_weights: Annotated[
        Literal["none", "balanced"],
        Field(description="weight of a case in the loss: none, or inverse class frequency"),
    ] = "none"
    strength: Annotated[
        float | None, Field(gt=0, description="C, inverse regularisation; chosen on grouped folds if not given")
    ] = None


@STRATEGIES.register("svm")
class Svm:
    """Frozen backbone, the linear border with the widest margin."""

    name: ClassVar[str] = "svm"
    needs_validation: ClassVar[bool] = False
    needs_network: ClassVar[bool] = False
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = SvmConfig

    def __init__(self, config: SvmConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """See ``fit_scored``."""
        config = self.config
        return fit_scored(
            _SvmLearner(config.strength),
            material,
            root=config.root,
            folds=config.folds,
            repeats=config.repeats,
            weighting=config.class_weights,
        )
