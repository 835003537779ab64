"""The gate: it keeps the cases that are like those learnt from, as often as was asked for, and refuses the others.

Each detector has a bound, and a case beyond any of them is refused. Bounds come from one score a patient
(``one_a_patient``) of cases that the detectors have not seen, by the exact quantile of split conformal prediction. Of J
detectors each may refuse (1 − keep) / J of the own kind, so that all together refuse at most 1 − keep of it, whatever
the features look like; as detectors agree on many, somewhat more is kept.
Source: Bates et al., Testing for outliers with conformal p-values, Annals of Statistics 2023;51:149-178.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ArtifactError, DataError, UsageError
from medgraft.measure.conformal.one_a_patient import PatientRule, one_a_patient
from medgraft.measure.conformal.quantile import conformal_quantile, fewest_scores
from medgraft.measure.ood.catalogue import BUILT_IN, DETECTORS
from medgraft.measure.ood.detector import Detector, checked_features
from medgraft.measure.patients import Patients

__all__ = ["Gate", "GateRule", "fit_gate", "fit_gate_across"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GateRule:
    """What is asked for: the share of the own kind to ``keep``, the ``kinds`` of detectors, and what stands for a
    patient of several cases."""

    keep: float = 0.95
    kinds: tuple[str, ...] = tuple(one.kind for one in BUILT_IN)
    patient: PatientRule = "one"


@dataclass(frozen=True)
class Gate:
    """``bounds``: one a detector, of scores of ``n`` patients; ``keep``: the share of the own kind that is kept."""

    detectors: tuple[Detector, ...]
    bounds: tuple[float, ...]
    keep: float
    n: int

    def __post_init__(self) -> None:
        if not self.detectors or len(self.detectors) != len(self.bounds) or not all(b >= 0 for b in self.bounds):
            raise ValueError(f"{len(self.detectors)} detectors with the bounds {self.bounds}")

    @property
    def gallery(self) -> bool:
        """Whether rows of single patients are in it."""
        return any(one.gallery for one in self.detectors)

    def strangeness(self, features: NDArray[Any]) -> Floats:
        """(n,): the largest distance in units of its bound; above 1 is refused. Errors as of the detectors."""
        each = []
        for detector, bound in zip(self.detectors, self.bounds, strict=True):
            distance = detector(features)
            beyond = np.where(distance > 0, np.inf, 0.0)
            each.append(distance / bound if bound > 0 else beyond)
        return np.asarray(np.max(each, axis=0))

    def refuses(self, features: NDArray[Any]) -> NDArray[np.bool_]:
        """(n,): the case is of another kind."""
        return self.strangeness(features) > 1

    def tensors(self) -> dict[str, NDArray[Any]]:
        """All arrays, by ``kind.name``."""
        return {f"{one.kind}.{name}": array for one in self.detectors for name, array in one.tensors().items()}

    def facts(self) -> dict[str, Any]:
        """All else: plain data."""
        detectors = [{"kind": one.kind, **one.facts()} for one in self.detectors]
        return {"keep": self.keep, "n": self.n, "bounds": list(self.bounds), "detectors": detectors}

    @classmethod
    def restore(cls, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Gate:
        """The gate that gave these. Raises ``ArtifactError`` for what does not fit."""
        try:
            detectors = tuple(
                DETECTORS.get(one["kind"]).restore(
                    {
                        name.removeprefix(f"{one['kind']}."): array
                        for name, array in tensors.items()
                        if name.startswith(f"{one['kind']}.")
                    },
                    one,
                )
                for one in facts["detectors"]
            )
            bounds = tuple(float(bound) for bound in facts["bounds"])
            return cls(detectors, bounds, float(facts["keep"]), int(facts["n"]))
        except (KeyError, TypeError, ValueError, UsageError) as error:
            raise ArtifactError(f"reading the gate: it does not fit this medgraft ({error}); fit again") from error


def fit_gate(
    features: NDArray[Any],
    labels: NDArray[Any],
    reference: NDArray[Any],
    *,
    groups: tuple[NDArray[Any] | None, NDArray[Any] | None] = (None, None),
    rule: GateRule | None = None,
    seed: int = 0,
) -> Gate:
    """Detectors from training ``features`` (n, d) with ``labels`` (n,) int, bounds from ``reference`` (m, d), cases of
    other patients of the same kind (validation). ``groups``: patient numbers of both.

    Raises ``UsageError`` for what does not fit, ``DataError`` where the patients are too few for the bounds.
    """
    asked = _checked_rule(rule)
    rows, codes = _checked_cases(features, labels)
    others = checked_features(reference, _DOING, rows.shape[1])
    detectors = _fitted(rows, codes, Patients.of(groups[0], len(rows)), asked)
    distances = np.stack([one(others) for one in detectors], axis=1)
    return _gate(detectors, distances, Patients.of(groups[1], len(others)), asked, seed)


def fit_gate_across(
    features: NDArray[Any],
    labels: NDArray[Any],
    fold: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    rule: GateRule | None = None,
    seed: int = 0,
) -> Gate:
    """The same where all cases teach: bounds from each ``fold`` (n,) by detectors of the other folds.

    Detectors of all cases know the own kind a little better than those of the folds did, so that, if anything, more of
    it is kept. A patient stands in one fold.
    """
    asked, folds = _checked_rule(rule), np.asarray(fold)
    rows, codes = _checked_cases(features, labels)
    patients = Patients.of(groups, len(rows))
    if folds.shape != codes.shape or len(np.unique(folds)) < 2:
        raise UsageError(f"{_DOING}: folds of shape {folds.shape} for {len(codes)} cases; give two folds or more")
    if patients.divided(np.unique(folds, return_inverse=True)[1]):
        raise UsageError(f"{_DOING}: some patients stand in two folds; a patient's cases go into one fold")
    distances = np.empty((len(rows), len(asked.kinds)))
    for one in np.unique(folds):
        held = folds == one
        known = np.unique(codes[~held], return_inverse=True)[1].astype(np.intp)
        part = Patients.of(patients.codes[~held], int((~held).sum()))
        detectors = _fitted(rows[~held], known, part, asked)
        distances[held] = np.stack([detector(rows[held]) for detector in detectors], axis=1)
    return _gate(_fitted(rows, codes, patients, asked), distances, patients, asked, seed)


_DOING = "fitting the gate"


def _checked_rule(rule: GateRule | None) -> GateRule:
    asked = rule or GateRule()
    if not 0 < asked.keep < 1 or not asked.kinds or len(set(asked.kinds)) < len(asked.kinds):
        raise UsageError(
            f"{_DOING}: keep {asked.keep} by {list(asked.kinds)}; a share between 0 and 1 and different detectors of "
            f"{', '.join(DETECTORS)} are needed"
        )
    return asked


def _checked_cases(features: NDArray[Any], labels: NDArray[Any]) -> tuple[Floats, NDArray[np.intp]]:
    """Features, and codes of the labels from 0 without a gap."""
    rows, given = checked_features(features, _DOING), np.asarray(labels)
    if given.shape != rows.shape[:1] or not np.issubdtype(given.dtype, np.integer) or not len(given):
        raise UsageError(
            f"{_DOING}: labels {given.dtype} {given.shape} of {len(rows)} cases; give one whole number a case"
        )
    return rows, np.unique(given, return_inverse=True)[1].astype(np.intp)


def _fitted(rows: Floats, codes: NDArray[np.intp], patients: Patients, rule: GateRule) -> tuple[Detector, ...]:
    return tuple(DETECTORS.get(kind).fit(rows, codes, patients) for kind in rule.kinds)


def _gate(detectors: tuple[Detector, ...], distances: Floats, patients: Patients, rule: GateRule, seed: int) -> Gate:
    """Bounds from distances (m, detectors) of cases that were not seen."""
    allowed = (1 - rule.keep) / len(detectors)
    needed = fewest_scores(allowed)
    if patients.count < needed:
        raise DataError(
            f"{_DOING}: {patients.count} patients that it has not seen; to keep {rule.keep:.0%} of the own kind by "
            f"{len(detectors)} detectors, {needed} are needed. Take all training cases by folds, or keep less"
        )
    everyone = np.ones(len(distances), dtype=np.bool_)
    scores = [one_a_patient(column, patients, everyone, rule=rule.patient, seed=seed) for column in distances.T]
    bounds = tuple(conformal_quantile(column, allowed) for column in scores)
    return Gate(detectors, bounds, rule.keep, patients.count)
