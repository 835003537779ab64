"""Metrics of the order of the scores, free of any threshold: AUROC and AUPRC, one class against the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.metrics.metric import Metric, ratio
from medgraft.measure.metrics.predictions import Ranking, Weighted

__all__ = ["AUPRC", "AUROC"]

Floats = NDArray[np.float64]


def _auroc(ranking: Ranking) -> Floats:
    """(b,): share of (class, other) pairs in the right order, a tie counts one half."""
    doubled = 2 * ranking.outside_up_to - ranking.outside_at  # whole numbers, so that sums are exact
    pairs = ranking.inside.sum(axis=0) * ranking.outside
    return ratio((ranking.inside * doubled).sum(axis=0), 2 * pairs)


def _auprc(ranking: Ranking) -> Floats:
    """(b,): average precision, the step-wise area under precision over recall."""
    total = ranking.inside.sum(axis=0)
    found = total - ranking.inside_up_to + ranking.inside
    called = found + ranking.outside - ranking.outside_up_to + ranking.outside_at
    # Where nothing is called there is nothing at the score either: any precision serves.
    precision = found / np.maximum(called, 1.0)
    return ratio((ranking.inside * precision).sum(axis=0), total)


def _each_auroc(weighted: Weighted) -> Floats:
    return np.stack([_auroc(weighted.ranking(c)) for c in range(weighted.predictions.classes)])


def _each_auprc(weighted: Weighted) -> Floats:
    return np.stack([_auprc(weighted.ranking(c)) for c in range(weighted.predictions.classes)])


AUROC = Metric(
    name="auroc",
    summary="chance that a case of the class scores above another, ties one half; needs both kinds",
    compute=_each_auroc,
    per_class=True,
    interval="delong",
)
AUPRC = Metric(
    name="auprc",
    summary="average precision over recall, by steps without interpolation; needs a case of the class",
    compute=_each_auprc,
    per_class=True,
)
