"""Linear probe: the backbone is frozen, its pooled features are computed once, a logistic regression reads them.

The strength C is chosen by log-loss on grouped folds of the training cases, along a warm path from strong to
weak regularisation that stops when a step got worse (the curve has one valley). The features go through a signed root
first (see ``root``; docs/decisions/0007 has the figures). Cross-validation is nested: in
every outer fold C is chosen anew by inner folds that do not see the held-out cases.

Several labels a case are as many questions of yes and no on the same axes, each with a strength of its own, and each of
the cases whose answer is known: what is unknown about one label changes nothing for another.

Source: Alain & Bengio 2016 (linear classifier probes); Kornblith et al. 2019 for L-BFGS on frozen features.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.special import expit
from threadpoolctl import threadpool_limits

from medgraft.data.cohort.folds import folds_for
from medgraft.transfer.models.heads.grades import GradesHead, grade_chances, grade_questions
from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.heads.sigmoid import SigmoidHead
from medgraft.transfer.models.logistic import LogisticPath, PrincipalAxes, class_weights, path_logits, path_scores
from medgraft.transfer.models.root import signed_root
from medgraft.transfer.strategies.crossvalidation import cross_validate
from medgraft.transfer.strategies.scored import Cases
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, OutOfFold, Transferred

__all__ = ["FittedProbe", "LinearProbe", "LinearProbeConfig", "Probe"]

_GRID = tuple(float(c) for c in 10.0 ** np.arange(-5.0, 1.01, 0.5))
_EXACT, _FOLD_TOLERANCE, _SWEEP_TOLERANCE = 1e-8, 1e-5, 1e-4
"""Relative decrease at which a solution is done: the head that is kept, a fold's predictions, a strength's loss."""
Link = Literal["softmax", "labels", "grades"]
"""One of several classes; yes or no a label; a chain of questions about grades."""
_FALLBACK_STRENGTH = 1e-3
"""Where a class has too few groups for folds. Middle of what grouped folds choose on standardised features."""


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
    root: Annotated[bool, Field(description="read the signed square root of the features, not the features")] = True
    folds: Annotated[int, Field(ge=2, le=20, description="outer folds of cross-validation")] = 5
    repeats: Annotated[int, Field(ge=0, le=20, description="repeats of cross-validation; 0 leaves it out")] = 3


@dataclass(frozen=True)
class _Question:
    """One logistic regression: ``coordinates`` (m, r) on the axes of all cases, ``labels`` (m,) indices of classes."""

    coordinates: NDArray[Any]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    n_classes: int

    @classmethod
    def all_of(cls, cases: Cases, coordinates: NDArray[Any]) -> list[_Question]:
        """What is asked of cases: the class, or yes or no a label, of those where that is known."""
        if cases.labels.ndim == 1:
            return [cls(coordinates, cases.labels, cases.groups, cases.n_classes)]
        known = [np.flatnonzero(column >= 0) for column in cases.labels.T]
        return [
            cls(coordinates[rows], column[rows], cases.groups[rows], 2)
            for rows, column in zip(known, cases.labels.T, strict=True)
        ]


@dataclass(frozen=True)
class _Sweep:
    """The chosen C, parameters near its solution (the folds' mean), the history rows, and the chances (n, classes) by
    folds that did not hold the case, at that C; ``None`` where nothing was swept."""

    strength: float
    start: NDArray[np.float64] | None
    rows: list[dict[str, Any]]
    held_out: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class FittedProbe:
    """Parameters (outputs, r + 1) a question on the principal axes of the training cases, and how their strengths were
    found."""

    axes: PrincipalAxes
    parameters: list[NDArray[np.float64]]
    sweeps: list[_Sweep]
    link: Link

    @property
    def held_out(self) -> NDArray[np.float64] | None:
        """Out-of-fold chances (n, classes) of the training cases at the chosen strength, where it was looked for; of
        one label a case."""
        return self.sweeps[0].held_out

    def chances(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """(m, classes) or (m, labels) of other cases; ``features`` rooted as those of the training cases were."""
        coordinates = self.axes(features)
        if self.link == "softmax":
            return softmax(path_logits(self.parameters[0][None], coordinates)[:, 0])
        yes = np.asarray(expit(path_scores(np.stack(self.parameters), coordinates)[:, :, 0]))
        return yes if self.link == "labels" else grade_chances(yes)

    def head(self, *, rooted: bool) -> LinearHead:
        """On the features before the root, if ``rooted``."""
        if self.link == "softmax":
            return replace(self.axes.head(self.parameters[0]), rooted=rooted)
        kind = SigmoidHead if self.link == "labels" else GradesHead
        weight, bias = np.vstack(self.parameters)[:, :-1] @ self.axes.axes.T, np.vstack(self.parameters)[:, -1]
        folded = LinearHead.folded(weight, bias, self.axes.mean, self.axes.scale)
        return kind(folded.weight, folded.bias, rooted)


@dataclass(frozen=True)
class Probe:
    """A fitted head, the rows of its sweep, and what the report tells of it."""

    head: LinearHead
    sweep: list[dict[str, Any]]
    facts: dict[str, Any]


@STRATEGIES.register("linear-probe")
class LinearProbe:
    """Frozen backbone, logistic regression on its pooled features."""

    name: ClassVar[str] = "linear-probe"
    needs_validation: ClassVar[bool] = False
    needs_network: ClassVar[bool] = False
    keeps_gallery: ClassVar[bool] = False
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multiclass", "ordinal", "multi-label")
    Config: ClassVar[type[BaseModel]] = LinearProbeConfig

    def __init__(self, config: LinearProbeConfig) -> None:
        self.config = config

    def fit(self, material: Material) -> Transferred:
        """Choose C on the training cases, fit them, and cross-validate train and validation cases together."""
        probe = self.probe(material)
        with threadpool_limits(1, user_api="blas"):
            out_of_fold = self._cross_validate(*self._asked(material), material)
        return Transferred(probe.head, history=probe.sweep, out_of_fold=out_of_fold, facts=probe.facts)

    def probe(self, material: Material) -> Probe:
        """The head alone, from the training cases."""
        # Matrices this small are faster, and the same to the last bit on any load, with one BLAS thread.
        with threadpool_limits(1, user_api="blas"):
            cases, link = self._asked(material)
            fitted = self.fitted(cases.take(~material.is_val), inner_folds=5, seed=material.seed, link=link)
        return Probe(
            head=fitted.head(rooted=self.config.root),
            sweep=self._history(fitted, material.label_names),
            facts={
                "C": [sweep.strength for sweep in fitted.sweeps]
                if fitted.link != "softmax"
                else fitted.sweeps[0].strength,
                "class_weights": self.config.class_weights,
                "training_cases": int(np.sum(~material.is_val)),
            },
        )

    @staticmethod
    def _history(fitted: FittedProbe, names: tuple[str, ...]) -> list[dict[str, Any]]:
        """The rows of the sweep, with the label or grade they are about where there are several."""
        if fitted.link == "softmax":
            return fitted.sweeps[0].rows
        named = names or tuple(str(number + 1) for number in range(len(fitted.sweeps)))
        named = named if fitted.link == "labels" else tuple(f"above {name}" for name in named[: len(fitted.sweeps)])
        return [{"label": name, **row} for name, sweep in zip(named, fitted.sweeps, strict=True) for row in sweep.rows]

    def cases(self, material: Material) -> Cases:
        """All labelled cases, their features rooted if the config says so."""
        features = signed_root(material.features) if self.config.root else material.features
        return Cases(features, material.labels, material.groups, material.n_classes)

    def _asked(self, material: Material) -> tuple[Cases, Link]:
        """The cases with the questions that the task asks of them, and how answers become chances."""
        cases = self.cases(material)
        if material.ordered:
            return replace(cases, labels=grade_questions(cases.labels, cases.n_classes)), "grades"
        return cases, "softmax" if cases.labels.ndim == 1 else "labels"

    def fitted(
        self, cases: Cases, *, inner_folds: int, seed: int, exact: bool = True, link: Link = "softmax"
    ) -> FittedProbe:
        """Axes, strength and parameters from these cases alone; ``exact`` (float64) for the head that is kept."""
        axes, coordinates = PrincipalAxes.of(cases.features, np.float64 if exact else np.float32)
        parameters, sweeps = list[NDArray[np.float64]](), list[_Sweep]()
        for asked in _Question.all_of(cases, coordinates):
            if not len(asked.labels):  # in a fold, of a label that hardly anybody looked for: nothing is known
                parameters.append(np.zeros((1, coordinates.shape[1] + 1)))
                sweeps.append(_Sweep(_FALLBACK_STRENGTH, None, []))
                continue
            sweep = self._sweep(asked, folds_for(asked.labels, asked.groups, inner_folds, seed))
            weights = class_weights(asked.labels, asked.n_classes, self.config.class_weights)
            path = LogisticPath(asked.coordinates, asked.labels, asked.n_classes, weights[None])
            tolerance = _EXACT if exact else _FOLD_TOLERANCE
            _, found = next(path.solve([sweep.strength], tolerance=tolerance, start=sweep.start))
            parameters.append(found[0])
            sweeps.append(sweep)
        return FittedProbe(axes, parameters, sweeps, link)

    def _sweep(self, asked: _Question, fold: NDArray[np.int64] | None) -> _Sweep:
        """C by pooled log-loss over grouped folds.

        The axes are those of all the cases given: they are found without labels, so that a fold's held-out
        labels are unseen all the same.
        """
        if self.config.strength is not None or fold is None:
            strength = self.config.strength or _FALLBACK_STRENGTH
            return _Sweep(strength, None, [{"C": strength, "log_loss": None, "chosen": True}])
        numbers, place = np.unique(fold, return_inverse=True)
        weights = np.zeros((len(numbers), len(fold)))
        for row in range(len(numbers)):
            seen = place != row
            weights[row, seen] = class_weights(asked.labels[seen], asked.n_classes, self.config.class_weights)
        design, everyone = asked.coordinates.astype(np.float32, copy=False), np.arange(len(fold))
        path = LogisticPath(design, asked.labels, asked.n_classes, weights)
        losses, starts, answers = list[float](), list[NDArray[np.float64]](), list[NDArray[np.float64]]()
        for _, parameters in path.solve(_GRID, tolerance=_SWEEP_TOLERANCE):
            held_out = softmax(path_logits(parameters, design)[everyone, place])
            losses.append(float(-np.log(np.maximum(held_out[everyone, asked.labels], 1e-15)).mean()))
            answers.append(held_out)
            starts.append(parameters.mean(axis=0, keepdims=True))
            if len(losses) > 1 and losses[-1] > losses[-2]:
                break
        best = int(np.argmin(losses))
        rows = [{"C": c, "log_loss": loss, "chosen": c == _GRID[best]} for c, loss in zip(_GRID, losses, strict=False)]
        return _Sweep(_GRID[best], starts[best], rows, answers[best])

    def _cross_validate(self, cases: Cases, link: Link, material: Material) -> OutOfFold | None:
        """Nested: C is chosen anew for each fold."""

        def answer(held: NDArray[np.bool_]) -> NDArray[np.float64]:
            fitted = self.fitted(cases.take(~held), inner_folds=3, seed=material.seed, exact=False, link=link)
            return fitted.chances(cases.features[held])

        return cross_validate(material, folds=self.config.folds, repeats=self.config.repeats, answer=answer)
