"""The bootstrap over patients: whole patients are drawn with replacement, all their cases with them.

A replicate is a column of case weights, so that a metric is computed for many replicates at once. The draws
depend on the seed and the number of patients only. Percentile intervals.
Source: Efron & Tibshirani, An Introduction to the Bootstrap, 1993; Field & Welsh, JRSS-B 2007;69:369-390.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.intervals.wilson import wilson
from medgraft.measure.metrics.metric import Metric
from medgraft.measure.metrics.predictions import Predictions, Weighted
from medgraft.measure.patients import Patients

__all__ = ["Replicated", "bootstrap", "bounded_interval", "case_weights", "percentile_interval"]

Floats = NDArray[np.float64]
CELLS = 250_000
"""Case weights at a time: a block that stays in a core's cache (2 MB)."""


@dataclass(frozen=True)
class Replicated:
    """One metric in every replicate: ``overall`` (b,), and ``each`` (k, b) one-vs-rest or ``None``."""

    overall: Floats
    each: Floats | None


def case_weights(patients: Patients, replicates: int, seed: int) -> Iterator[Floats]:
    """Blocks of case weights (n, b'), b' adding up to ``replicates``: how often each case was drawn."""
    draw = np.random.default_rng(seed)
    block = max(1, CELLS // max(1, len(patients.codes)))
    for start in range(0, replicates, block):
        size = min(block, replicates - start)
        drawn = draw.integers(0, patients.count, size=(size, patients.count))
        place = drawn * size + np.arange(size)[:, None]
        counts = np.bincount(place.ravel(), minlength=patients.count * size).reshape(patients.count, size)
        yield counts[patients.codes].astype(np.float64)


def bootstrap(
    repeats: Sequence[Predictions],
    metrics: Sequence[Metric],
    patients: Patients,
    replicates: int,
    seed: int,
) -> dict[str, Replicated]:
    """Every metric by name in every replicate; each is the mean over ``repeats`` under the same draw.

    A replicate without a case of a class leaves that class out of macro averages, and is NaN for numbers
    that need it.
    """
    overall: dict[str, list[Floats]] = {metric.name: [] for metric in metrics}
    each: dict[str, list[Floats]] = {metric.name: [] for metric in metrics if metric.per_class}
    for weights in case_weights(patients, replicates, seed):
        samples = [Weighted(predictions, weights) for predictions in repeats]
        for metric in metrics:
            values = [metric.compute(sample) for sample in samples]
            summed = [metric.overall(*pair) for pair in zip(samples, values, strict=True)]
            overall[metric.name].append(np.asarray(sum(summed)) / len(samples))
            if metric.per_class:
                each[metric.name].append(np.asarray(sum(values)) / len(samples))
    return {
        name: Replicated(np.concatenate(blocks), np.concatenate(each[name], axis=1) if name in each else None)
        for name, blocks in overall.items()
    }


def percentile_interval(values: Floats, value: float, *, centred: bool = False) -> tuple[float, float]:
    """The middle 95 % of the defined replicates (b,), widened where needed to hold ``value``.

    ``centred`` first moves the replicates so that their median is ``value``, for a metric that overshoots in
    every replicate. NaN where the value or all replicates are not defined.
    """
    defined = values[np.isfinite(values)]
    if math.isnan(value) or not defined.size:
        return math.nan, math.nan
    low, middle, high = (float(x) for x in np.quantile(defined, [0.025, 0.5, 0.975]))
    shift = value - middle if centred else 0.0
    return min(low + shift, value), max(high + shift, value)


def bounded_interval(metric: Metric, value: float, values: Floats, fewest: int) -> tuple[float, float]:
    """``percentile_interval`` within the metric's range; where all replicates agree on an end of it, Wilson's among the
    ``fewest`` patients that the number rests on: 20 of 20 is not certainty."""
    lowest, highest = metric.bounds
    low, high = percentile_interval(values, value, centred=metric.centred)
    if math.isnan(value) or low < high or value not in (lowest, highest):
        return max(low, lowest), min(high, highest)
    low, high = wilson((value - lowest) / (highest - lowest), fewest)
    return lowest + low * (highest - lowest), lowest + high * (highest - lowest)
