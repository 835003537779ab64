"""Which calibrator: by cross-validation on cases that the model has not learnt from (validation, or out-of-fold).

Each kind is fitted on all folds but one and judged on that one, by log loss. A more flexible kind replaces a simpler
one only where it is ahead by more than one standard error of the paired difference (over patients), and its Brier
score is no higher: with few cases the simplest wins, as it should (the one-standard-error rule of Breiman et al.,
Classification and Regression Trees, 1984). The chosen kind is then fitted on all cases.

Of repeated cross-validation give each repeat's predictions as further rows of the same patients: a mean over repeats is
a bolder or more timid model than the one that is kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.calibrating.calibrator import CALIBRATORS, Calibrator, log_probability
from medgraft.measure.calibrating.catalogue import BUILT_IN
from medgraft.measure.patients import Patients
from medgraft.measure.probabilities import checked_cases

__all__ = ["KINDS", "Choice", "Trial", "choose_calibrator"]

Floats = NDArray[np.float64]
KINDS: tuple[str, ...] = tuple(one.kind for one in BUILT_IN[:3])
"""What is tried, from the simplest to the most flexible: none, temperature, isotonic."""


@dataclass(frozen=True)
class Trial:
    """Mean ``log_loss`` and ``brier`` (sum of squares over the classes, 0 to 2) of one kind, out of fold."""

    kind: str
    log_loss: float
    brier: float


@dataclass(frozen=True)
class Choice:
    """The ``calibrator`` of the chosen kind, fitted on all cases; the ``trials`` that led to it; and ``out_of_fold``
    (n, k), what that kind says of each case when the case's fold was left out: honest where the calibrator is not."""

    calibrator: Calibrator
    trials: tuple[Trial, ...]
    out_of_fold: Floats

    def to_dict(self) -> dict[str, Any]:
        """What was tried and chosen, as plain data."""
        return {"chosen": self.calibrator.kind, "trials": [vars(trial) for trial in self.trials]}


def choose_calibrator(
    y_true: NDArray[Any],
    probability: NDArray[Any],
    fold: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    kinds: Sequence[str] = KINDS,
) -> Choice:
    """Of class indices ``y_true`` (n,), ``probability`` (n, k) and the ``fold`` (n,) of each case, a number.

    ``groups`` (n,): patient numbers; a patient stands in one fold. ``kinds``: from the simplest. Raises ``UsageError``
    for what does not fit, ``DataError`` for cases of one class or one fold.
    """
    doing = "choosing a calibrator"
    truth, chances = checked_cases(y_true, probability, doing)
    patients, folds = Patients.of(groups, len(truth)), _checked(np.asarray(fold), len(truth))
    if not kinds:
        raise UsageError(f"{doing}: no kind is named; known: {', '.join(CALIBRATORS)}")
    if len(np.unique(truth)) < 2 or folds.max() < 1:
        raise DataError(
            f"{doing}: {len(np.unique(truth))} classes among the cases and {folds.max() + 1} folds; two or more of "
            "each are needed. Keep the probabilities as they are, or bring more validation cases"
        )
    if patients.divided(folds):
        raise UsageError(f"{doing}: some patients stand in two folds; a patient's cases go into one fold")
    best, trials = 0, list[Trial]()
    losses, found = list[Floats](), list[Floats]()
    for place, kind in enumerate(kinds):
        mended = _out_of_fold(CALIBRATORS.get(kind), truth, chances, folds)
        found.append(mended)
        losses.append(-log_probability(mended)[np.arange(len(truth)), truth])
        brier = float(((mended - np.eye(chances.shape[1])[truth]) ** 2).sum(axis=1).mean())
        trials.append(Trial(kind, float(losses[place].mean()), brier))
        gain, error = _gain(losses[best] - losses[place], patients)
        if gain > error and brier <= trials[best].brier:
            best = place
    return Choice(CALIBRATORS.get(kinds[best]).fit(truth, chances), tuple(trials), found[best])


def _checked(fold: NDArray[Any], cases: int) -> NDArray[np.intp]:
    """Folds as numbers from 0 without a gap."""
    if fold.shape != (cases,) or not np.issubdtype(fold.dtype, np.integer):
        raise UsageError(
            f"choosing a calibrator: folds {fold.dtype} of shape {fold.shape} for {cases} cases; "
            "give one whole number a case"
        )
    return np.unique(fold, return_inverse=True)[1].astype(np.intp)


def _out_of_fold(kind: type[Calibrator], truth: NDArray[np.intp], chances: Floats, folds: NDArray[np.intp]) -> Floats:
    """(n, k): what the calibrator says of each case when the case's fold was left out."""
    mended = np.empty_like(chances)
    for one in range(int(folds.max()) + 1):
        held = folds == one
        mended[held] = kind.fit(truth[~held], chances[~held])(chances[held])
    return mended


def _gain(ahead: Floats, patients: Patients) -> tuple[float, float]:
    """Mean of ``ahead`` (n,) and its standard error over patients; infinite for a single patient."""
    mean = float(ahead.mean())
    if patients.count < 2:
        return mean, math.inf
    spread = float((patients.sums(ahead - mean) ** 2).sum()) * patients.count / (patients.count - 1)
    return mean, math.sqrt(spread) / len(ahead)
