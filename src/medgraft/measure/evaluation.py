"""Predictions to numbers with intervals: one entry of ``metrics.json`` for one part of the data.

Intervals are 95 %. Proportions (accuracy, majority accuracy, and of one class sensitivity, specificity and
precision): Wilson with the design effect of patients. AUROC, also macro: DeLong on the logit scale, in
its clustered form where a patient has several cases. The rest, and everything of cross-validation: percentile
bootstrap over patients. Where all replicates agree on the best or worst value there is, the interval is
Wilson's among the patients of the rarest class: 20 of 20 is not certainty.

The cases are put into an order of their own content first, so the result does not depend on theirs; the same
input gives the same numbers to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.bootstrap import Replicated, bootstrap, bounded_interval
from medgraft.measure.intervals.delong import auroc_influence, macro_influence
from medgraft.measure.intervals.wilson import proportion_interval
from medgraft.measure.metrics.catalogue import METRICS, OF_GRADES
from medgraft.measure.metrics.events import events_of
from medgraft.measure.metrics.metric import Metric
from medgraft.measure.metrics.predictions import Predictions
from medgraft.measure.patients import Patients

__all__ = ["FEW", "evaluate", "evaluate_repeats", "evaluation_warnings"]

FEW = 10
"""Fewer cases or patients of a class than this are warned about."""
_NONE = np.empty(0)


@dataclass(frozen=True)
class _Sample:
    """What is evaluated: the same cases in one or more repeats, in canonical order."""

    repeats: tuple[Predictions, ...]
    patients: Patients
    cut: tuple[float | None, str | None]

    @property
    def truth(self) -> NDArray[np.intp]:
        return self.repeats[0].y_true


def evaluate(
    y_true: NDArray[Any],
    probability: NDArray[Any],
    *,
    labels: Sequence[str],
    positive: str | None = None,
    groups: NDArray[Any] | None = None,
    majority: int,
    threshold: float | None = None,
    threshold_from: str | None = None,
    ordered: bool = False,
    seed: int = 0,
    replicates: int = 1000,
) -> dict[str, Any]:
    """Every metric with its interval, overall and one class against the rest, as plain data.

    ``y_true`` (n,) class indices; ``probability`` (n, k) in the order of ``labels``, rows summing to one;
    ``positive`` the label a binary task is about (``None``: macro averages); ``groups`` (n,) patient
    numbers, negative where unknown, ``None`` where all are; ``majority`` the index of training's top class;
    ``threshold`` the cut of a binary task (``None``: the most probable class) and where it was chosen; ``ordered``:
    the labels are grades from the lowest, which have further metrics.

    Returns ``{metric: {value, low, high, n, n_patients, …}, "per_class": {label: {metric: …}}}``. Raises
    ``DataError`` without cases, with unlabelled ones or with NaN, ``UsageError`` when arguments do not fit.
    """
    chances = np.asarray(probability, dtype=np.float64)[None]
    cut = (threshold, threshold_from)
    sample = _sample(y_true, chances, labels, (positive, majority), groups, cut)
    return _report(sample, labels, seed, replicates, ordered=ordered)


def evaluate_repeats(
    y_true: NDArray[Any],
    probability: NDArray[Any],
    *,
    labels: Sequence[str],
    positive: str | None = None,
    groups: NDArray[Any] | None = None,
    majority: int,
    threshold: float | None = None,
    threshold_from: str | None = None,
    ordered: bool = False,
    seed: int = 0,
    replicates: int = 1000,
) -> dict[str, Any]:
    """``evaluate`` for repeated cross-validation; ``probability`` (r, n, k), pooled out-of-fold of r repeats.

    A value is the mean over repeats of the metric on that repeat; every interval is a bootstrap over
    patients in which all repeats of a patient are drawn together.
    """
    chances = np.asarray(probability, dtype=np.float64)
    cut = (threshold, threshold_from)
    sample = _sample(y_true, chances, labels, (positive, majority), groups, cut)
    return _report(sample, labels, seed, replicates, pooled=True, ordered=ordered)


def _sample(
    y_true: NDArray[Any],
    probability: NDArray[np.float64],
    labels: Sequence[str],
    roles: tuple[str | None, int],
    groups: NDArray[Any] | None,
    cut: tuple[float | None, str | None],
) -> _Sample:
    """Checked, and in an order that depends on the cases only."""
    positive, majority = roles
    truth = _checked(y_true, probability, labels)
    if positive is not None and (positive not in labels or len(labels) != 2):
        raise UsageError(f"evaluating: positive class {positive!r} of {list(labels)}; it names one of two labels")
    if not 0 <= majority < len(labels):
        raise UsageError(f"evaluating: majority class {majority}; it is an index into {len(labels)} labels")
    cases = len(truth)
    Patients.of(groups, cases)  # refuses numbers that do not fit, before they are sorted by
    numbers = np.zeros(cases) if groups is None else np.maximum(np.asarray(groups), -1)
    content = np.moveaxis(probability, 1, 2).reshape(-1, cases)
    order = np.lexsort((*content[::-1], truth, numbers))
    index = None if positive is None else list(labels).index(positive)
    repeats = tuple(
        Predictions.of(truth[order], one[order], positive=index, majority=majority, threshold=cut[0])
        for one in probability
    )
    patients = Patients.of(None if groups is None else np.asarray(groups)[order], cases)
    return _Sample(repeats, patients, cut)


def _checked(y_true: NDArray[Any], probability: NDArray[Any], labels: Sequence[str]) -> NDArray[np.intp]:
    """``y_true`` as indices, or an error that says what does not fit."""
    given, classes = np.asarray(y_true), len(labels)
    if probability.ndim != 3 or given.shape != probability.shape[1:2] or probability.shape[2] != classes:
        raise UsageError(
            f"evaluating: probabilities {probability.shape} (repeats, cases, classes) do not fit "
            f"{given.shape} labels of {classes} classes"
        )
    if not given.size or not probability.shape[0] or classes < 2:
        raise DataError(f"evaluating: {given.size} cases of {classes} classes; needed are cases of two classes")
    numeric = np.issubdtype(given.dtype, np.number) or given.dtype == np.bool_
    values = given.astype(np.float64) if numeric else np.full(given.shape, np.nan)
    fits = (values >= 0) & (values < classes) & (values == np.floor(values))
    if not fits.all():
        raise DataError(
            f"evaluating: {int((~fits).sum())} of {given.size} cases have no known label; "
            "leave them out or label them, and use `predict` for unlabelled cases"
        )
    if not np.isfinite(probability).all():
        raise DataError("evaluating: some probabilities are not finite; the model is damaged or diverged")
    if probability.min() < 0 or np.abs(probability.sum(axis=-1) - 1).max() > 1e-3:
        raise UsageError("evaluating: rows are no probabilities; each row is at least 0 and sums to one")
    return values.astype(np.intp)


def _report(
    sample: _Sample,
    labels: Sequence[str],
    seed: int,
    replicates: int,
    *,
    pooled: bool = False,
    ordered: bool = False,
) -> dict[str, Any]:
    """The entry of ``metrics.json``; ``pooled``: every interval by bootstrap; ``ordered``: with those of grades."""
    metrics = [*(metric for _, metric in METRICS.items()), *(OF_GRADES if ordered else ())]
    macro = sample.repeats[0].positive is None
    drawn = [m for m in metrics if pooled or m.interval == "bootstrap" or (macro and m.per_class)]
    drawn = [m for m in drawn if pooled or m.interval != "delong"]
    redrawn = bootstrap(sample.repeats, drawn, sample.patients, replicates, seed)
    entry: dict[str, Any] = {}
    classes: dict[str, dict[str, Any]] = {label: {} for label in labels}
    for metric in metrics:
        overall, each = _values(metric, sample)
        found = redrawn.get(metric.name)
        entry[metric.name] = _overall(metric, sample, overall, found, pooled).to_dict()
        for column, label in enumerate(labels if metric.per_class else ()):
            one = _one_class(metric, sample, (column, each[column]), found, pooled)
            classes[label][metric.name] = one.to_dict()
    return {**entry, "per_class": classes}


def _values(metric: Metric, sample: _Sample) -> tuple[float, list[float]]:
    """The metric and, one class against the rest, each class's: means over the repeats."""
    single = [repeat.unweighted() for repeat in sample.repeats]
    values = [metric.compute(one) for one in single]
    overall = [float(metric.overall(*pair)[0]) for pair in zip(single, values, strict=True)]
    each = np.mean([v[:, 0] for v in values], axis=0).tolist() if metric.per_class else []
    return sum(overall) / len(overall), each


def _overall(metric: Metric, sample: _Sample, value: float, redrawn: Replicated | None, pooled: bool) -> Estimate:
    """The estimate of the task: the positive class's, that of the whole, or the macro average."""
    positive, predictions = sample.repeats[0].positive, sample.repeats[0]
    if metric.per_class and positive is not None:
        return _one_class(metric, sample, (positive, value), redrawn, pooled)
    everyone = np.ones(len(sample.truth), dtype=np.bool_)
    if metric.interval == "delong" and not pooled:
        interval = macro_influence(predictions.y_true, predictions.probability, sample.patients).interval()
    elif metric.masks is not None and not metric.per_class and not pooled:
        interval = proportion_interval(metric.masks(predictions)[0][:, 0], everyone, sample.patients)
    else:
        whole = not metric.greater_is_better or (metric.masks is not None and not metric.per_class)
        sides = [everyone] if whole else list(predictions.is_class.T)
        interval = _bootstrapped(metric, sample, value, redrawn.overall if redrawn else _NONE, sides)
    return _estimate(metric, sample, (value, *interval), everyone, events_of(metric, predictions))


def _one_class(
    metric: Metric, sample: _Sample, target: tuple[int, float], redrawn: Replicated | None, pooled: bool
) -> Estimate:
    """The estimate of one class (its index and value) against the rest."""
    (column, value), predictions = target, sample.repeats[0]
    inside, member = predictions.is_class[:, column], np.ones(len(sample.truth), dtype=np.bool_)
    sides = [inside, ~inside]
    if metric.masks is not None:
        hit, member = (mask[:, column] for mask in metric.masks(predictions))
        sides = [member]
    if metric.masks is not None and not pooled:
        interval = proportion_interval(hit, member, sample.patients)
    elif metric.interval == "delong" and not pooled:
        score = predictions.probability[:, column]
        interval = auroc_influence(inside, score, sample.patients).interval()
    else:
        drawn = redrawn.each[column] if redrawn and redrawn.each is not None else _NONE
        interval = _bootstrapped(metric, sample, value, drawn, sides)
    if math.isnan(value):
        interval = (math.nan, math.nan)
    return _estimate(metric, sample, (value, *interval), member, events_of(metric, predictions, column))


def _bootstrapped(
    metric: Metric,
    sample: _Sample,
    value: float,
    replicates: NDArray[np.float64],
    sides: Sequence[NDArray[np.bool_]],
) -> tuple[float, float]:
    """Percentiles; where all replicates agree on the end of the range, Wilson's among the fewest patients.

    ``sides`` are the groups of cases that the metric needs: the one from the fewest patients counts.
    """
    fewest = min((np.unique(sample.patients.codes[side]).size for side in sides if side.any()), default=0)
    return bounded_interval(metric, value, replicates, fewest)


def _estimate(
    metric: Metric, sample: _Sample, numbers: tuple[float, float, float], member: NDArray[np.bool_], events: int
) -> Estimate:
    """With the cases and patients in ``member`` (n,), and the threshold if the metric depends on one."""
    count = sample.patients.number(member)
    plain = Estimate(*numbers, n=int(member.sum()), n_patients=count, events=events)
    threshold, source = sample.cut
    if threshold is None or not metric.thresholded:
        return plain
    return replace(plain, threshold=threshold, threshold_from=source)


def evaluation_warnings(
    y_true: NDArray[Any],
    y_pred: NDArray[Any],
    labels: Sequence[str],
    groups: NDArray[Any] | None = None,
) -> list[str]:
    """What to know before trusting the numbers: absent classes, few events, classes never called."""
    truth, called = np.asarray(y_true), np.asarray(y_pred)
    patients = Patients.of(groups, len(truth))
    found: list[str] = []
    for index, label in enumerate(labels):
        member = truth == index
        cases, persons = int(member.sum()), patients.number(member)
        if not cases:
            found.append(f"no case of class {label!r}: its numbers are not defined, macro averages leave it out")
        elif min(cases, cases if persons is None else persons) < FEW:
            of = "" if persons is None else f" of {persons} patients"
            found.append(f"only {cases} cases{of} in class {label!r}: its numbers are rough")
        if cases and not (called == index).any():
            found.append(f"no case was called {label!r}: its precision is given as 0")
    return found
