"""How far the order of a hint is the order of what was achieved: weighted Kendall τ over sources.

Each pair of sources counts by 1/(1 + rank) of its two members, so that mistakes among the best weigh most. Ranks
are taken once by what was achieved and once by the hint, and the two τ are averaged: to miss a good source and to
praise a bad one both cost. This is the convention of ``scipy.stats.weightedtau`` (``rank=True``) and of the papers
on transferability; a τ weighted by what was achieved alone is another number.
Source: Vigna, A Weighted Correlation Index for Rankings with Ties, WWW 2015. The interval draws sources and data
sets, each as wholes: Owen, Annals of Applied Statistics 2007;1:386-411.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.intervals.bootstrap import percentile_interval
from medgraft.measure.metrics.metric import ratio

__all__ = ["FEWEST_SOURCES", "RankAgreement", "rank_agreement", "weighted_kendall"]

Floats = NDArray[np.float64]
FEWEST_SOURCES = 3
"""Two sources have an order, but no agreement to speak of."""
BLOCK = 250


@dataclass(frozen=True)
class RankAgreement:
    """``tau`` in [−1, 1] with its 95 % interval; ``None`` where no data set has three sources or an order.

    ``n_sources`` that were measured anywhere, ``n_sets``: data sets that the number rests on.
    """

    tau: float | None
    low: float | None
    high: float | None
    n_sources: int
    n_sets: int


def weighted_kendall(hint: NDArray[Any], achieved: NDArray[Any]) -> Floats:
    """(...) τ of ``hint`` and ``achieved`` (..., m), higher is better in both.

    Sources where either is NaN do not count. Ties count in neither direction (τ-b); NaN where one side is constant.
    """
    one, other = np.broadcast_arrays(np.asarray(hint, np.float64), np.asarray(achieved, np.float64))
    absent = np.isnan(one) | np.isnan(other)
    # Those left out are ranked last, so that they do not move the others.
    one, other = np.where(absent, -np.inf, one), np.where(absent, -np.inf, other)
    present = ~(absent[..., :, None] | absent[..., None, :])
    first, second = _signs(one), _signs(other)
    both = np.zeros(one.shape[:-1])
    for leading, following in ((other, one), (one, other)):
        weight = 1.0 / (1.0 + _ranks(leading, following))
        pair = np.where(present, weight[..., :, None] + weight[..., None, :], 0.0)
        agreed = (pair * first * second).sum(axis=(-2, -1))
        span = (pair * first**2).sum(axis=(-2, -1)) * (pair * second**2).sum(axis=(-2, -1))
        both = both + ratio(agreed, np.sqrt(span))
    return np.asarray(np.clip(both / 2, -1.0, 1.0))


def _signs(values: Floats) -> Floats:
    """(..., m, m): which of each two is the larger."""
    left, right = values[..., :, None], values[..., None, :]
    return (left > right).astype(np.float64) - (left < right)


def _ranks(leading: Floats, following: Floats) -> NDArray[np.intp]:
    """(..., m) rank from 0 for the highest ``leading``; equal ones by ``following``."""
    rising = np.lexsort((following, leading), axis=-1)
    return np.asarray(np.argsort(rising[..., ::-1], axis=-1))


def rank_agreement(hint: NDArray[Any], achieved: NDArray[Any], *, draws: int = 2000, seed: int = 0) -> RankAgreement:
    """Of a hint and what was achieved, (m,) sources or (s, m) data sets × sources; NaN: not measured.

    τ is the mean over the data sets with three sources or more. A replicate draws sources, the same for all data
    sets, and data sets; one in which no order is left is not counted. Raises ``UsageError`` on other shapes.
    """
    one, other = (np.atleast_2d(np.asarray(values, np.float64)) for values in (hint, achieved))
    if one.ndim != 2 or one.shape != other.shape:
        raise UsageError(
            f"ranking sources: hints {np.shape(hint)} and achieved {np.shape(achieved)}; give the same data sets and "
            "sources to both, (s, m), with NaN where one was not measured"
        )
    one = np.where(np.isnan(other), np.nan, one)
    sources = int(np.isfinite(one).any(axis=0).sum())
    enough = np.isfinite(one).sum(axis=1) >= FEWEST_SOURCES
    one, other = one[enough], other[enough]
    each = weighted_kendall(one, other) if enough.any() else np.empty(0)
    defined = np.isfinite(each)
    if not defined.any():
        return RankAgreement(None, None, None, sources, 0)
    value = float(each[defined].mean())
    drawn = _replicates(one[defined], other[defined], draws, seed)
    return RankAgreement(value, *percentile_interval(drawn, value), sources, int(defined.sum()))


def _replicates(hint: Floats, achieved: Floats, draws: int, seed: int) -> Floats:
    """(draws,) mean τ, each over drawn sources and drawn data sets."""
    random = np.random.default_rng(seed)
    sets, sources = hint.shape
    found = []
    for start in range(0, draws, BLOCK):
        size = min(BLOCK, draws - start)
        columns = random.integers(0, sources, (size, sources))
        rows = random.integers(0, sets, (size, sets))
        times = (rows[:, :, None] == np.arange(sets)).sum(axis=1)
        each = np.stack([weighted_kendall(hint[s][columns], achieved[s][columns]) for s in range(sets)], axis=1)
        counted = np.isfinite(each) * times
        found.append(ratio((np.where(counted, each, 0.0) * counted).sum(axis=1), counted.sum(axis=1).astype(float)))
    return np.concatenate(found)
