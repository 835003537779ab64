"""Linear probe: the backbone is frozen, its pooled features are computed once, a logistic regression reads them.

The strength C is chosen by log-loss on grouped folds of the training cases, along a warm path from strong to
weak regularisation that stops when a step got worse (the curve has one valley). Cross-validation is nested: in every outer
fold C is chosen anew by inner folds that do not see the held-out cases.

Source: Alain & Bengio 2016 (linear classifier probes); Kornblith et al. 2019 for L-BFGS on frozen features.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from threadpoolctl import threadpool_limits

from medgraft.data.cohort.folds import grouped_folds
from medgraft.transfer.models.head import softmax
from medgraft.transfer.models.logistic import LogisticPath, PrincipalAxes, path_logits
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, OutOfFold, Transferred

__all__ = ["LinearProbe", "LinearProbeConfig"]

_GRID = tuple(float(c) for c in 10.0 ** np.arange(-5.0, 1.01, 0.5))
_SWEEP_TOLERANCE = 1e-4
"""Choosing a strength needs the log-loss to three digits, not the parameters to six."""
_FALLBACK_STRENGTH = 1e-3
"""Where a class has too few groups for folds. Middle of what grouped folds choose on standardised features."""

CV_LIMIT = 2000
"""Repeated cross-validation is for cohorts below this size."""


class LinearProbeConfig(BaseModel):
    """Options of the linear probe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["linear-probe"] = "linear-probe"
    class_weights: Annotated[
        Literal["none", "balanced"],
        Field(description="weight of a case in the loss: none, or inverse class frequency"),
    ] = "none"
    strength: Annotated[
        float | None,
        Field(gt=0, description="C, inverse regularisation; chosen on grouped folds if not given"),
    ] = None
    folds: Annotated[int, Field(ge=2, le=20, description="outer folds of cross-validation")] = 5
    repeats: Annotated[int, Field(ge=0, le=20, description="repeats of cross-validation; 0 leaves it out")] = 3


@dataclass(frozen=True)
class _Cases:
    """The rows of one training problem."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    n_classes: int

    def take(self, rows: NDArray[Any]) -> _Cases:
        return _Cases(self.features[rows], self.labels[rows], self.groups[rows], self.n_classes)

    def folds(self, wanted: int, seed: int) -> NDArray[np.int64] | None:
        """A fold number a case; fewer folds where a class has fewer groups, ``None`` where it has one only."""
        groups_of = [len(np.unique(self.groups[self.labels == c])) for c in np.unique(self.labels)]
        if min(wanted, *groups_of) < 2:
            return None
        return grouped_folds(self.labels, self.groups, folds=min(wanted, *groups_of), seed=seed)


@dataclass(frozen=True)
class _Fitted:
    """Parameters on the principal axes of the training cases, and how their strength was found."""

    axes: PrincipalAxes
    parameters: NDArray[np.float64]
    strength: float
    sweep: list[dict[str, Any]]


@STRATEGIES.register("linear-probe")
class LinearProbe:
    """Frozen backbone, logistic regression on its pooled features."""

    name: ClassVar[str] = "linear-probe"
    needs_validation: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = LinearProbeConfig

    def __init__(self, config: LinearProbeConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """Choose C on the training cases, fit them, and cross-validate train and validation cases together."""
        everything = _Cases(material.features, material.labels, material.groups, material.n_classes)
        # Matrices this small are faster, and the same to the last bit on any load, with one BLAS thread.
        with threadpool_limits(1, user_api="blas"):
            fitted = self._fit(everything.take(~material.is_val), inner_folds=5, seed=material.seed)
            out_of_fold = self._cross_validate(everything, material)
        return Transferred(
            head=fitted.axes.head(fitted.parameters),
            history=fitted.sweep,
            out_of_fold=out_of_fold,
            facts={
                "C": fitted.strength,
                "class_weights": self.config.class_weights,
                "training_cases": int(np.sum(~material.is_val)),
            },
        )

    def _fit(self, cases: _Cases, *, inner_folds: int, seed: int) -> _Fitted:
        """Axes, strength and parameters from these cases alone."""
        axes, coordinates = PrincipalAxes.of(cases.features)
        strength, sweep = self._choose(cases, coordinates, cases.folds(inner_folds, seed))
        path = LogisticPath(coordinates, cases.labels, cases.n_classes, self.config.class_weights)
        *_, (_, parameters) = path.solve([c for c in _GRID if c < strength] + [strength])
        return _Fitted(axes, parameters, strength, sweep)

    def _choose(
        self, cases: _Cases, coordinates: NDArray[np.float64], fold: NDArray[np.int64] | None
    ) -> tuple[float, list[dict[str, Any]]]:
        """C by pooled log-loss over grouped folds, and the sweep for the history.

        The axes are those of all the cases given: they are found without labels, so that a fold's held-out
        labels are unseen all the same.
        """
        if self.config.strength is not None or fold is None:
            strength = self.config.strength or _FALLBACK_STRENGTH
            return strength, [{"C": strength, "log_loss": None, "chosen": True}]
        walks = [self._walk(cases, coordinates, fold == number) for number in np.unique(fold)]
        losses: list[float] = []
        for steps in zip(*walks, strict=True):
            losses.append(sum(steps) / len(cases.labels))
            if len(losses) > 1 and losses[-1] > losses[-2]:
                break
        best = int(np.argmin(losses))
        sweep = [{"C": c, "log_loss": loss, "chosen": c == _GRID[best]} for c, loss in zip(_GRID, losses, strict=False)]
        return _GRID[best], sweep

    def _walk(self, cases: _Cases, coordinates: NDArray[np.float64], held: NDArray[np.bool_]) -> Iterator[float]:
        """Summed log-loss of the held-out cases at each strength of the grid, in order."""
        path = LogisticPath(coordinates[~held], cases.labels[~held], cases.n_classes, self.config.class_weights)
        rows, labels = coordinates[held], cases.labels[held]
        for _, parameters in path.solve(_GRID, tolerance=_SWEEP_TOLERANCE):
            probability = softmax(path_logits(parameters, rows))[np.arange(len(labels)), labels]
            yield float(-np.log(np.maximum(probability, 1e-15)).sum())

    def _cross_validate(self, cases: _Cases, material: Material) -> OutOfFold | None:
        """Nested, grouped, repeated; ``None`` where the cohort is large or a class has one group only."""
        drawn = [cases.folds(self.config.folds, material.seed + 1 + r) for r in range(self.config.repeats)]
        folds = [fold for fold in drawn if fold is not None]
        if not folds or len(cases.labels) >= CV_LIMIT:
            return None
        probability = np.zeros((len(folds), len(cases.labels), cases.n_classes))
        jobs = [(repeat, number) for repeat, fold in enumerate(folds) for number in np.unique(fold)]

        def run(job: tuple[int, int]) -> None:
            held = folds[job[0]] == job[1]
            fitted = self._fit(cases.take(~held), inner_folds=3, seed=material.seed)
            coordinates = fitted.axes(cases.features[held])
            probability[job[0], held] = softmax(path_logits(fitted.parameters, coordinates))

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            done = pool.map(run, jobs)
            for _ in material.progress.track(done, total=len(jobs), label="cross-validating"):
                continue
        return OutOfFold(probability, np.stack(folds), np.arange(len(cases.labels)))
