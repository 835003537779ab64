"""Which of several candidates are as good as the best: one paired bootstrap over patients for all of them.

Candidates are judged by the AUROC of their out-of-fold probabilities (positive class, or macro one-vs-rest), the
mean over repeats. A replicate draws patients once: all cases and repeats of a patient together, the same for every
candidate, so that what is hard for all cancels. The best is the one with the highest value on the same cases, so it
is flattered, the more so the more candidates there are: of candidates that are equal in truth, simulated, 6 % of two
were called "not tied", 8 % of five and 23 % of twenty. Leave out what nobody would use before comparing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.intervals.bootstrap import bootstrap, percentile_interval
from medgraft.measure.metrics.predictions import Predictions
from medgraft.measure.metrics.ranks import AUROC
from medgraft.measure.patients import Patients

__all__ = ["Candidate", "Ties", "find_ties"]

Floats = NDArray[np.float64]
DRAWS = 1000


@dataclass(frozen=True)
class Candidate:
    """AUROC ``value`` with its 95 % interval; ``difference`` = this − best (0 or less) with its own.

    ``ties_with_best``: the interval of the difference includes 0. ``chance_best``: share of the draws in which this
    candidate is the highest, equals sharing a draw.
    """

    name: str
    value: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float
    ties_with_best: bool
    chance_best: float


@dataclass(frozen=True)
class Ties:
    """``candidates`` in the order given, and the name of the ``best`` (of equals the first)."""

    candidates: tuple[Candidate, ...]
    best: str
    n: int
    n_patients: int | None
    n_repeats: int

    @property
    def tied(self) -> tuple[str, ...]:
        """Names of the candidates that tie with the best, itself among them."""
        return tuple(candidate.name for candidate in self.candidates if candidate.ties_with_best)


def find_ties(
    y_true: NDArray[Any],
    candidates: Mapping[str, NDArray[Any]],
    *,
    positive: int | None = None,
    groups: NDArray[Any] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Ties:
    """Of class indices ``y_true`` (n,) and out-of-fold probabilities (n, k) or (repeats, n, k) by name.

    ``positive``: class whose AUROC is judged; without it the macro average. ``groups`` (n,): patient numbers. Raises
    ``UsageError`` where shapes differ, ``DataError`` where AUROC is not defined or probabilities are not finite.
    """
    truth, stacks = _checked(np.asarray(y_true), candidates)
    patients = Patients.of(groups, len(truth))
    values, drawn = [], []
    for repeats in stacks.values():
        samples = [Predictions.of(truth, chances, positive=positive) for chances in repeats]
        values.append(float(np.mean([_auroc(sample) for sample in samples])))
        drawn.append(bootstrap(samples, [AUROC], patients, draws, seed)["auroc"].overall)
    if not np.isfinite(values).all():
        raise DataError(
            f"comparing candidates: {len(truth)} cases of classes {np.unique(truth).tolist()}; AUROC needs "
            "cases of the positive class and of another"
        )
    best = int(np.argmax(values))
    chances_best = _chance_best(np.stack(drawn))
    found = []
    for place, name in enumerate(stacks):
        value, gap = values[place], values[place] - values[best]
        low, high = percentile_interval(drawn[place] - drawn[best], gap)
        span = percentile_interval(drawn[place], value)
        found.append(Candidate(name, value, *span, gap, low, high, low <= 0 <= high, float(chances_best[place])))
    count = patients.count if patients.known else None
    return Ties(tuple(found), list(stacks)[best], len(truth), count, len(next(iter(stacks.values()))))


def _auroc(sample: Predictions) -> float:
    single = sample.unweighted()
    return float(AUROC.overall(single, AUROC.compute(single))[0])


def _checked(truth: NDArray[Any], candidates: Mapping[str, NDArray[Any]]) -> tuple[NDArray[np.intp], dict[str, Floats]]:
    """Labels, and probabilities (repeats, n, k) of one shape for all."""
    stacks: dict[str, Floats] = {}
    for name, given in candidates.items():
        values = np.asarray(given, np.float64)
        stacks[name] = values[None] if values.ndim == 2 else values
    shapes = {values.shape for values in stacks.values()}
    fits = len(shapes) == 1 and all(len(shape) == 3 and shape[1:2] == truth.shape and shape[0] for shape in shapes)
    if not fits or not truth.size or not np.issubdtype(truth.dtype, np.integer):
        raise UsageError(
            f"comparing candidates: labels {truth.dtype} {truth.shape} and probabilities {sorted(shapes)}; give class "
            "indices (n,) and the same cases, classes and repeats, (repeats, n, k), to one candidate or more"
        )
    spoilt = [name for name, values in stacks.items() if not np.isfinite(values).all()]
    if spoilt:
        raise DataError(
            f"comparing candidates: {', '.join(spoilt)} has probabilities that are not finite; every case needs an "
            "out-of-fold prediction in every repeat"
        )
    classes = next(iter(shapes))[2]
    if truth.min() < 0 or truth.max() >= classes:
        raise UsageError(
            f"comparing candidates: labels from {truth.min()} to {truth.max()} for {classes} classes; "
            "give indices of the columns"
        )
    return truth.astype(np.intp), stacks


def _chance_best(drawn: Floats) -> Floats:
    """(candidates,) share of the defined draws (candidates, b) that each wins."""
    defined = drawn[:, np.isfinite(drawn).all(axis=0)]
    if not defined.size:
        return np.full(len(drawn), np.nan)
    wins = defined == defined.max(axis=0)
    return np.asarray((wins / wins.sum(axis=0)).mean(axis=1))
