"""Outlines to numbers with intervals: per class, over classes, per patient.

``score_case`` measures one case, so that masks need not be kept; ``evaluate_outlines`` takes the scores of all. The
value of a class is the mean over its cases (weighted, where a measure says so), the value of the whole the mean over
the classes in which it is defined. Intervals are 95 %, by bootstrap over patients: all cases and classes of a patient
are drawn together. The draws follow the order in which cases are given, which is that of the sorted cohort.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.intervals.ranged import ranged_interval
from medgraft.measure.metrics.metric import ratio
from medgraft.measure.patients import Patients
from medgraft.measure.segmentation.catalogue import SEGMENTATION
from medgraft.measure.segmentation.mask_metric import OutlineRules, Score
from medgraft.measure.segmentation.mask_pair import Empty, MaskPair

__all__ = ["CaseScores", "empty_counts", "evaluate_outlines", "patient_means", "score_case"]

Floats = NDArray[np.float64]
DEFAULT_RULES = OutlineRules()


@dataclass(frozen=True)
class CaseScores:
    """One case: ``scores[label][measure]``, and which mask of each label was empty."""

    scores: Mapping[str, Mapping[str, Score]]
    empty: Mapping[str, Empty]


def score_case(
    truth: NDArray[Any],
    predicted: NDArray[Any],
    classes: Mapping[int, str],
    *,
    spacing: Sequence[float] | None = None,
    rules: OutlineRules = DEFAULT_RULES,
) -> CaseScores:
    """Every measure of every class of two label maps (H, W) or (D, H, W) of whole numbers, 0 the background.

    ``classes``: the name of each id; ``spacing`` in mm in the order of the axes. Raises ``UsageError`` where they do
    not fit, ``DataError`` for an id that is no class.
    """
    for name, labels in (("truth", truth), ("prediction", predicted)):
        _refuse_unknown_ids(labels, classes, name)
    scores: dict[str, dict[str, Score]] = {}
    empty: dict[str, Empty] = {}
    for number, label in classes.items():
        pair = MaskPair.of(truth == number, predicted == number, spacing)
        scores[label] = {name: metric(pair, rules) for name, metric in SEGMENTATION.items()}
        empty[label] = pair.empty
    return CaseScores(scores, empty)


def _refuse_unknown_ids(labels: NDArray[Any], classes: Mapping[int, str], name: str) -> None:
    if labels.dtype.kind not in "iub":
        raise UsageError(
            f"comparing masks: the {name} holds {labels.dtype}; whole numbers, the ids of classes, are needed"
        )
    if not classes or 0 in classes or len(set(classes.values())) != len(classes):
        raise UsageError(
            f"comparing masks: got the classes {dict(classes)}; give each a name and an id of its own, not 0"
        )
    known = sum(int(np.count_nonzero(labels == number)) for number in (0, *classes))
    if known != labels.size:
        foreign = sorted(set(np.unique(labels).tolist()) - {0, *classes})
        raise DataError(
            f"comparing masks: the {name} holds the id {foreign[0]}, which is no class; classes: "
            + ", ".join(f"{number} = {label}" for number, label in classes.items())
        )


@dataclass(frozen=True)
class _Table:
    """``values`` and ``weights`` (labels, measures, n); a value that is not defined is 0 with weight 0."""

    labels: list[str]
    names: list[str]
    values: Floats
    weights: Floats

    @classmethod
    def of(cls, cases: Sequence[CaseScores]) -> _Table:
        if not cases:
            raise DataError("evaluating outlines: there is no case; give at least one with a mask")
        labels = list(cases[0].scores)
        names = [name for name in SEGMENTATION if name in cases[0].scores[labels[0]]]
        if any(list(case.scores) != labels for case in cases):
            raise UsageError("evaluating outlines: the cases have different classes; score them all for the same ones")
        scores = np.array(
            [[[case.scores[label][name] for case in cases] for name in names] for label in labels], dtype=np.float64
        )
        weights = scores[..., 1]
        return cls(labels, names, np.where(weights > 0, scores[..., 0], 0.0), weights)

    def means(self, drawn: Floats) -> Floats:
        """(labels, measures, b): the mean of each class under case weights (n, b), NaN where none is defined."""
        return ratio((self.values * self.weights) @ drawn, self.weights @ drawn)


def _over_classes(means: Floats) -> Floats:
    """(measures, b): the mean of ``means`` (labels, measures, b) over the classes in which it is defined."""
    defined = np.isfinite(means)
    return ratio(np.where(defined, means, 0.0).sum(axis=0), defined.sum(axis=0).astype(np.float64))


def evaluate_outlines(
    cases: Sequence[CaseScores], *, groups: NDArray[Any] | None = None, seed: int = 0, replicates: int = 1000
) -> dict[str, Any]:
    """``{measure: {value, low, high, n, n_patients}, "per_class": {label: {measure: …}}}``, as in ``metrics.json``.

    ``groups`` (n,) patient numbers, negative where unknown, ``None`` where all are. ``n`` counts the cases in which the
    number is defined. Raises ``DataError`` without cases, ``UsageError`` where classes or patients do not fit.
    """
    table = _Table.of(cases)
    patients = Patients.of(groups, len(cases))
    value = table.means(np.ones((len(cases), 1)))
    redrawn = np.concatenate([table.means(drawn) for drawn in case_weights(patients, replicates, seed)], axis=2)
    member = table.weights > 0
    overall = _estimates(
        table.names, _over_classes(value)[:, 0], _over_classes(redrawn), np.asarray(member.any(axis=0)), patients
    )
    each = {
        label: _estimates(table.names, value[row, :, 0], redrawn[row], member[row], patients)
        for row, label in enumerate(table.labels)
    }
    return {**overall, "per_class": each}


def _estimates(
    names: Sequence[str], values: Floats, redrawn: Floats, member: NDArray[np.bool_], patients: Patients
) -> dict[str, Any]:
    """Of ``values`` (measures,), their replicates (measures, b), and the cases (measures, n) behind each."""
    found = {}
    for name, value, drawn, cases in zip(names, values.tolist(), redrawn, member, strict=True):
        persons = int(np.unique(patients.codes[cases]).size)
        low, high = ranged_interval(value, drawn, SEGMENTATION.get(name).bounds, persons)
        found[name] = Estimate(value, low, high, int(cases.sum()), patients.number(cases)).to_dict()
    return found


def empty_counts(cases: Sequence[CaseScores]) -> dict[str, dict[str, int]]:
    """How often a mask was empty, by label: ``{label: {neither, both, truth, prediction}}``."""
    labels = list(cases[0].empty) if cases else []
    counts = {label: Counter(case.empty[label] for case in cases) for label in labels}
    return {label: {str(kind): count[kind] for kind in Empty} for label, count in counts.items()}


def patient_means(cases: Sequence[CaseScores], groups: NDArray[Any]) -> list[dict[str, Any]]:
    """One row a patient and label: ``patient`` (its number; -1 where unknown, a row a case), ``label``, ``n`` cases,
    and the mean of each measure over them, ``None`` where it is defined for none."""
    table = _Table.of(cases)
    patients = Patients.of(groups, len(cases))
    numbers = np.asarray(groups)
    rows = []
    for code in range(patients.count):
        own = patients.codes == code
        means = table.means(own.astype(np.float64)[:, None])[..., 0]
        for label, values in zip(table.labels, means.tolist(), strict=True):
            told = {name: None if math.isnan(x) else x for name, x in zip(table.names, values, strict=True)}
            patient = max(-1, int(numbers[own][0]))
            rows.append({"patient": patient, "label": label, "n": int(own.sum()), **told})
    return rows
