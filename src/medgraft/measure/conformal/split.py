"""Split conformal prediction: sets of classes that hold the truth with a chance of at least 1 − α.

The calibration cases must be ones that the model has not learnt from, of the same kind as those to come; then the
chance holds for any model and any distribution, on average over calibrations (how far one may stray:
``coverage_band``). Out-of-fold predictions come from other models than the one that is kept, so that with them the
chance is kept nearly, not surely.

*By class* (Mondrian): a class with 20 patients or more (and enough for α) has a bound of its own, so that the chance
holds for its cases alone; the others share one, with the next smallest class if they are too few together.
Source: Papadopoulos et al., ECML 2002; Lei et al., JASA 2018;113:1094-1111; Vovk, Gammerman & Shafer 2005, ch. 4.5
(Mondrian); patients: Dunn, Wasserman & Ramdas, JASA 2023;118:2491-2502.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ArtifactError, UsageError
from medgraft.measure.conformal.catalogue import CONFORMAL_SCORES
from medgraft.measure.conformal.one_a_patient import PatientRule, one_a_patient
from medgraft.measure.conformal.quantile import conformal_quantile, coverage_band, fewest_scores
from medgraft.measure.patients import Patients
from medgraft.measure.probabilities import checked_cases

__all__ = ["ConformalSets", "SetRule", "SharedBound", "calibrate_sets"]

ENOUGH = 20
"""Patients of a class for a bound of its own: with 20 its coverage may be 0.75 where 0.9 was asked for."""


@dataclass(frozen=True)
class SetRule:
    """What is asked for: the chance ``alpha`` of a set without the truth, the ``score``, a bound ``by_class``, and what
    stands for a patient of several cases (see ``one_a_patient``)."""

    alpha: float = 0.1
    score: str = "lac"
    by_class: bool = True
    patient: PatientRule = "one"


@dataclass(frozen=True)
class SharedBound:
    """The ``bound`` on the strangeness of these ``classes`` (indices), from the scores of ``n`` patients; infinite
    where they are too few: these classes are in every set."""

    classes: tuple[int, ...]
    bound: float
    n: int


@dataclass(frozen=True)
class ConformalSets:
    """From probabilities to sets. ``bounds`` name every class once."""

    rule: SetRule
    bounds: tuple[SharedBound, ...]

    def __post_init__(self) -> None:
        named = sorted(one for shared in self.bounds for one in shared.classes)
        if named != list(range(max(2, len(named)))):
            raise ValueError(f"bounds of the classes {named}; every class has one")

    def __call__(self, probability: NDArray[Any]) -> NDArray[np.bool_]:
        """(n, k): the class is in the set of the case. Empty rows are possible: then no class fits.

        Raises ``UsageError`` for another number of classes.
        """
        strangeness, limit = CONFORMAL_SCORES.get(self.rule.score)(probability), self._limits()
        if strangeness.shape[1] != len(limit):
            raise UsageError(f"conformal sets: {strangeness.shape[1]} classes, and the bounds are of {len(limit)}")
        return np.asarray(strangeness <= limit)

    def _limits(self) -> NDArray[np.float64]:
        """(k,)."""
        limits = {one: shared.bound for shared in self.bounds for one in shared.classes}
        return np.array([limits[one] for one in range(len(limits))])

    def bands(self) -> list[tuple[float, float]]:
        """For each of ``bounds`` the middle 95 % of the coverage that a calibration of that size gives."""
        return [coverage_band(shared.n, self.rule.alpha) for shared in self.bounds]

    def to_dict(self) -> dict[str, Any]:
        """Plain data; an infinite bound is ``None``."""
        return {
            "rule": dict(vars(self.rule)),
            "bounds": [
                {"classes": list(one.classes), "bound": one.bound if math.isfinite(one.bound) else None, "n": one.n}
                for one in self.bounds
            ],
        }

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> ConformalSets:
        """From ``to_dict``. Raises ``ArtifactError`` for what does not fit."""
        try:
            rule = SetRule(**content["rule"])
            bounds = [
                SharedBound(
                    tuple(int(place) for place in one["classes"]),
                    math.inf if one["bound"] is None else float(one["bound"]),
                    int(one["n"]),
                )
                for one in content["bounds"]
            ]
            CONFORMAL_SCORES.get(rule.score)
            return cls(rule, tuple(bounds))
        except (KeyError, TypeError, ValueError, UsageError) as error:
            raise ArtifactError(
                f"reading conformal sets: they do not fit this medgraft ({error}); fit again"
            ) from error


def calibrate_sets(
    y_true: NDArray[Any],
    probability: NDArray[Any],
    rule: SetRule | None = None,
    *,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
) -> ConformalSets:
    """From class indices (n,) and probabilities (n, k) of calibration cases; ``groups`` (n,): patient numbers.

    Raises ``UsageError`` and ``DataError`` for what does not fit.
    """
    asked = rule or SetRule()
    truth, chances = checked_cases(y_true, probability, "calibrating sets")
    patients = Patients.of(groups, len(truth))
    strangeness = CONFORMAL_SCORES.get(asked.score)(chances)[np.arange(len(truth)), truth]
    found = []
    for classes in _sharing(truth, chances.shape[1], patients, asked):
        member = np.isin(truth, classes)
        scores = one_a_patient(strangeness, patients, member, rule=asked.patient, seed=seed)
        found.append(SharedBound(tuple(classes), conformal_quantile(scores, asked.alpha), len(scores)))
    return ConformalSets(asked, tuple(found))


def _sharing(truth: NDArray[np.intp], classes: int, patients: Patients, rule: SetRule) -> list[Sequence[int]]:
    """Which classes share a bound. It hangs on numbers of patients only, never on scores."""
    needed = max(ENOUGH, fewest_scores(rule.alpha))
    if not rule.by_class:
        return [range(classes)]
    persons = [int(np.unique(patients.codes[truth == one]).size) for one in range(classes)]
    order = sorted(range(classes), key=persons.__getitem__)
    rest = [one for one in order if persons[one] < needed]
    own = order[len(rest) :]
    while own and rest and sum(persons[one] for one in rest) < needed:
        rest.append(own.pop(0))
    shared: list[Sequence[int]] = [[one] for one in sorted(own)]
    return [*shared, sorted(rest)] if rest else shared
