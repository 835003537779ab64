"""What heads share that give scores, not chances: the sweep of their settings, calibration, and cross-validation.

A learner turns cases into scores, one a class. Its settings are chosen by the log-loss of calibrated out-of-fold scores
on patient-grouped folds of the training cases; the same scores calibrate the head that is fitted on all of them.
Cross-validation is nested: everything is found anew without the held-out cases.

Calibration: ``softmax(a s + b)`` with one ``a`` ≥ 0 for all classes and a shift for each (Platt 1999; for several
classes vector-shifted temperature scaling, Guo et al. 2017), with a hair of regularisation, so that separable scores
stay finite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from medgraft.data.cohort.folds import folds_for
from medgraft.transfer.models.heads.head import Head, softmax
from medgraft.transfer.models.logistic import class_weights
from medgraft.transfer.models.root import signed_root
from medgraft.transfer.strategies.crossvalidation import cross_validate
from medgraft.transfer.strategies.strategy import Material, Transferred

__all__ = ["Calibrated", "Cases", "Learner", "ScoredConfig", "Scorer", "Setting", "calibrate", "fit_scored"]

Array = NDArray[np.float64]
Setting = Mapping[str, float]
"""Hyper-parameters by name."""

_RIDGE = 1e-3


class ScoredConfig(BaseModel):
    """Options that every such head has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: Annotated[bool, Field(description="read the signed square root of the features, not the features")] = True
    folds: Annotated[int, Field(ge=2, le=20, description="outer folds of cross-validation")] = 5
    repeats: Annotated[int, Field(ge=0, le=20, description="repeats of cross-validation; 0 leaves it out")] = 3


@dataclass(frozen=True)
class Cases:
    """The rows of one problem: rooted or plain ``features`` (n, d), ``labels`` (n,); ``weighting``: what a case counts
    in the loss, by the name of the rule (see ``class_weights``)."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    n_classes: int
    weighting: str = "none"

    @property
    def weights(self) -> Array:
        """(n,), of mean one."""
        return class_weights(self.labels, self.n_classes, self.weighting)

    def take(self, rows: NDArray[Any]) -> Cases:
        """Some of them."""
        return replace(self, features=self.features[rows], labels=self.labels[rows], groups=self.groups[rows])


@dataclass(frozen=True)
class Calibrated:
    """``softmax(slope · scores + shift)``."""

    slope: float
    shift: Array

    def __call__(self, scores: Array) -> Array:
        return softmax(self.slope * scores + self.shift)


class Scorer(Protocol):
    """Fitted: scores of other cases, and the head that gives their calibrated chances."""

    def scores(self, features: NDArray[np.float32]) -> Array:
        """(m, classes)."""
        ...

    def head(self, calibrated: Calibrated, *, rooted: bool) -> Head:
        """On the features before the root, if ``rooted``."""
        ...


class Learner(Protocol):
    """``settings``: what is tried, plainest first."""

    settings: Sequence[Setting]

    def fit(self, cases: Cases, settings: Sequence[Setting]) -> list[Scorer]:
        """One scorer a setting."""
        ...


def calibrate(scores: Array, labels: NDArray[np.int64], weights: Array | None = None) -> Calibrated:
    """From scores (n, classes) of cases that the scorer had not seen; ``weights`` (n,), 1 if not given."""
    classes, spread = scores.shape[1], float(scores.std()) or 1.0
    hot = np.eye(classes)[labels]
    share = np.full(len(labels), 1 / len(labels)) if weights is None else weights / weights.sum()

    def objective(flat: Array) -> tuple[float, Array]:
        logits = np.exp(flat[0]) * scores / spread + flat[1:]
        chances = softmax(logits)
        loss = -np.log(np.maximum(chances[np.arange(len(labels)), labels], 1e-300)) @ share
        slope = (chances - hot) * share[:, None]
        gradient = np.concatenate([[(slope * scores).sum() * np.exp(flat[0]) / spread], slope.sum(axis=0)])
        return float(loss + 0.5 * _RIDGE * flat @ flat), gradient + _RIDGE * flat

    found = minimize(objective, np.zeros(classes + 1), jac=True, method="L-BFGS-B").x
    return Calibrated(float(np.exp(found[0]) / spread), found[1:])


@dataclass(frozen=True)
class _Fitted:
    scorer: Scorer
    calibrated: Calibrated
    setting: Setting
    rows: list[dict[str, Any]]


def _fit(learner: Learner, cases: Cases, inner_folds: int, seed: int) -> _Fitted:
    """Setting, calibration and scorer from these cases alone."""
    fold = folds_for(cases.labels, cases.groups, inner_folds, seed)
    if fold is None:  # a class with one patient: nothing can be held out
        setting = learner.settings[len(learner.settings) // 2]
        (scorer,) = learner.fit(cases, [setting])
        calibrated = calibrate(scorer.scores(cases.features), cases.labels, cases.weights)
        return _Fitted(scorer, calibrated, setting, [{**setting, "log_loss": None, "chosen": True}])
    scores = np.zeros((len(learner.settings), len(cases.labels), cases.n_classes))
    for number in np.unique(fold):
        held = fold == number
        for place, scorer in enumerate(learner.fit(cases.take(~held), learner.settings)):
            scores[place, held] = scorer.scores(cases.features[held])
    found = [calibrate(one, cases.labels, cases.weights) for one in scores]
    chances = [one(score)[np.arange(len(fold)), cases.labels] for one, score in zip(found, scores, strict=True)]
    losses = [float(-np.log(np.maximum(one, 1e-15)) @ cases.weights / cases.weights.sum()) for one in chances]
    best = int(np.argmin(losses))
    rows = [
        {**setting, "log_loss": loss, "chosen": place == best}
        for place, (setting, loss) in enumerate(zip(learner.settings, losses, strict=True))
    ]
    (scorer,) = learner.fit(cases, [learner.settings[best]])
    return _Fitted(scorer, found[best], learner.settings[best], rows)


def fit_scored(
    learner: Learner, material: Material, *, root: bool, folds: int, repeats: int, weighting: str = "none"
) -> Transferred:
    """Sweep, calibrate, fit and cross-validate ``learner`` on the features of a material."""
    prepare: Callable[[Any], Any] = signed_root if root else lambda features: features
    everything = Cases(prepare(material.features), material.labels, material.groups, material.n_classes, weighting)

    def answer(held: NDArray[np.bool_]) -> Array:
        fitted = _fit(learner, everything.take(~held), 3, material.seed)
        return fitted.calibrated(fitted.scorer.scores(everything.features[held]))

    with threadpool_limits(1, user_api="blas"):
        fitted = _fit(learner, everything.take(~material.is_val), 5, material.seed)
        out_of_fold = cross_validate(material, folds=folds, repeats=repeats, answer=answer)
    return Transferred(
        head=fitted.scorer.head(fitted.calibrated, rooted=root),
        history=fitted.rows,
        out_of_fold=out_of_fold,
        facts={**fitted.setting, "training_cases": int(np.sum(~material.is_val))},
    )
