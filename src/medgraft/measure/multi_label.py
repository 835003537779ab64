"""Predictions of several labels a case to numbers with intervals: each label over the cases where it is known.

A label is a binary task of its own, evaluated as such (see ``evaluation``), so that what is unknown about one changes
no number of another. The numbers of the whole are macro means over the labels where a metric is defined; their
intervals are a bootstrap over patients, in which a patient is drawn with all that is known of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.estimate import Estimate
from medgraft.measure.evaluation import evaluate, evaluate_repeats, evaluation_warnings
from medgraft.measure.intervals.bootstrap import bounded_interval, case_weights
from medgraft.measure.metrics.catalogue import METRICS
from medgraft.measure.metrics.metric import Metric, ratio
from medgraft.measure.metrics.predictions import Predictions, Weighted
from medgraft.measure.patients import Patients

__all__ = ["LabelRule", "evaluate_labels", "label_warnings"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LabelRule:
    """``threshold`` of a label and where it was chosen; ``majority``: 1 where most training cases have it."""

    threshold: float | None = None
    threshold_from: str | None = None
    majority: int = 0


@dataclass(frozen=True)
class _Label:
    """One label on the cases where it is known: ``rows`` of the sample, its predictions in each repeat."""

    rows: NDArray[np.intp]
    repeats: list[Predictions]

    def values(self, metrics: Sequence[Metric], weights: Floats) -> Floats:
        """(metrics, b): means over the repeats under case weights (n, b); NaN where no case with the label is drawn."""
        drawn = weights[self.rows]
        some = np.asarray(drawn.any(axis=0))
        found = np.full((len(metrics), len(some)), np.nan)
        samples = [Weighted(one, drawn[:, some]) for one in self.repeats]
        for row, metric in enumerate(metrics):
            found[row, some] = np.mean([metric.overall(one, metric.compute(one)) for one in samples], axis=0)
        return found


def evaluate_labels(
    y_true: NDArray[Any],
    probability: NDArray[Any],
    rules: Mapping[str, LabelRule],
    *,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
    replicates: int = 1000,
) -> dict[str, Any]:
    """Every metric: macro over the labels, and in ``per_class`` of each label.

    ``y_true`` (n, labels) of 1, 0 and -1 (unknown); ``probability`` (repeats, n, labels); ``rules`` in the order of
    the labels; ``groups`` (n,) patient numbers, ``None`` where they are unknown. Of several repeats
    (cross-validation) every interval is a bootstrap. Raises ``UsageError`` for shapes that do not fit, ``DataError``
    where nothing is known.
    """
    truth, chances = np.asarray(y_true), np.asarray(probability, dtype=np.float64)
    if chances.ndim != 3 or chances.shape[1:] != truth.shape or truth.shape[1:] != (len(rules),):
        raise UsageError(
            f"evaluating: probabilities {chances.shape} (repeats, cases, labels) do not fit {truth.shape} answers of "
            f"{len(rules)} labels"
        )
    if not (truth >= 0).any():
        raise DataError("evaluating: no label of any case is known; use `predict` for cases without labels")
    options = {"seed": seed, "replicates": replicates}
    each = {
        label: _one(truth[:, column], chances[:, :, column], (label, rule), groups, options)
        for column, (label, rule) in enumerate(rules.items())
    }
    whole = _macro(truth, chances, list(rules.values()), groups, options)
    for name, entry in whole.items():
        entry["events"] = min(one[name]["events"] for one in each.values() if "events" in one[name])
    return {**whole, "per_class": each}


def _pairs(chances: Floats) -> Floats:
    """(…, 2): the chances of no and of yes."""
    return np.stack([1 - chances, chances], axis=-1)


def _one(
    truth: NDArray[Any],
    chances: Floats,
    named: tuple[str, LabelRule],
    groups: NDArray[Any] | None,
    options: Mapping[str, int],
) -> dict[str, Any]:
    """The numbers of one label, as of a binary task; ``chances`` (repeats, n)."""
    label, rule = named
    known = np.flatnonzero(truth >= 0)
    if not known.size:
        nothing = Estimate(math.nan, math.nan, math.nan, 0, None if groups is None else 0)
        return {name: nothing.to_dict() for name in METRICS}
    rest: dict[str, Any] = {
        "labels": (f"no {label}", label),
        "positive": label,
        "groups": None if groups is None else np.asarray(groups)[known],
        "majority": rule.majority,
        "threshold": rule.threshold,
        "threshold_from": rule.threshold_from,
        **options,
    }
    pairs = _pairs(chances[:, known])
    found = (
        evaluate(truth[known], pairs[0], **rest) if len(pairs) == 1 else evaluate_repeats(truth[known], pairs, **rest)
    )
    return {name: entry for name, entry in found.items() if name != "per_class"}


def _macro(
    truth: NDArray[Any],
    chances: Floats,
    rules: Sequence[LabelRule],
    groups: NDArray[Any] | None,
    options: Mapping[str, int],
) -> dict[str, Any]:
    """The means over the labels."""
    numbers = np.zeros(len(truth)) if groups is None else np.asarray(groups)
    # An order of their content, so that the draws do not hang on the order in which cases were given.
    order = np.lexsort((*np.moveaxis(chances, 1, 2).reshape(-1, len(truth)), *truth.T, numbers))
    truth, chances = truth[order], chances[:, order]
    patients = Patients.of(None if groups is None else numbers[order], len(truth))
    labels = [_label(truth[:, column], chances[:, :, column], rule) for column, rule in enumerate(rules)]
    labels = [label for label in labels if label.rows.size]
    sides = [truth == 1, truth == 0]
    persons = [np.unique(patients.codes[column]).size for side in sides for column in side.T if column.any()]
    metrics, known = [metric for _, metric in METRICS.items()], np.asarray((truth >= 0).any(axis=1))
    draws = case_weights(patients, options["replicates"], options["seed"])
    redrawn = np.concatenate([_means(labels, metrics, weights) for weights in draws], axis=1)
    values = _means(labels, metrics, np.ones((len(truth), 1)))[:, 0].tolist()
    found = {}
    for metric, value, drawn in zip(metrics, values, redrawn, strict=True):
        interval = bounded_interval(metric, value, drawn, min(persons))
        interval = (math.nan, math.nan) if math.isnan(value) else interval
        found[metric.name] = Estimate(value, *interval, int(known.sum()), patients.number(known)).to_dict()
    return found


def _label(truth: NDArray[Any], chances: Floats, rule: LabelRule) -> _Label:
    rows = np.flatnonzero(truth >= 0)
    repeats = [
        Predictions.of(truth[rows].astype(np.intp), one, positive=1, majority=rule.majority, threshold=rule.threshold)
        for one in _pairs(chances[:, rows])
    ]
    return _Label(rows, repeats)


def _means(labels: Sequence[_Label], metrics: Sequence[Metric], weights: Floats) -> Floats:
    """(metrics, b): the mean of the labels where the number is defined; NaN where it is for none."""
    each = np.array([label.values(metrics, weights) for label in labels])
    defined = np.isfinite(each)
    return ratio(np.where(defined, each, 0.0).sum(axis=0), defined.sum(axis=0).astype(np.float64))


def label_warnings(
    y_true: NDArray[Any], called: NDArray[Any], labels: Sequence[str], groups: NDArray[Any] | None = None
) -> list[str]:
    """What to know before trusting the numbers of each label; arguments as above, ``called`` (n, labels) of 1 and 0."""
    found = []
    for column, label in enumerate(labels):
        known = np.flatnonzero(y_true[:, column] >= 0)
        persons = None if groups is None else np.asarray(groups)[known]
        if not known.size:
            found.append(f"the label {label!r} is unknown in all cases: it has no numbers")
            continue
        found += evaluation_warnings(y_true[known, column], called[known, column], (f"no {label}", label), persons)
    return found
