"""The quantile that split conformal prediction needs, and how far the coverage of one calibration may stray from it.

Of n exchangeable scores and a new one, the new one is at most the k-th smallest with a chance of at least k / (n + 1),
and of exactly that where scores do not tie. With k = ⌈(n + 1)(1 − α)⌉ that is 1 − α or more, and less than
1 − α + 1 / (n + 1). This holds on average over calibrations. Given one, the coverage is a draw from
Beta(k, n + 1 − k), and among m new cases the number that are covered is beta-binomial.
Source: Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World, 2005; Vovk, Conditional validity of inductive
conformal predictors, ACML 2012; Angelopoulos & Bates, Foundations and Trends in ML 2023;16:494-591.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, betaln, gammaln

from medgraft.errors import DataError, UsageError

__all__ = ["conformal_quantile", "conformal_rank", "coverage_band", "fewest_scores"]


def conformal_rank(n: int, alpha: float) -> int:
    """k = ⌈(n + 1)(1 − α)⌉ for α in (0, 1); n + 1 where n scores are too few for any finite bound."""
    if not 0 < alpha < 1 or n < 0:
        raise UsageError(f"conformal prediction: α = {alpha} of {n} scores; α lies between 0 and 1, as 0.1 for 90 %")
    # (n + 1)(1 − α) may be a whole number that rounding has put a little above.
    return max(1, math.ceil((n + 1) * (1 - alpha) - 1e-9))


def fewest_scores(alpha: float) -> int:
    """The least n for which the bound is finite: 9 for α = 0.1, 19 for 0.05."""
    n = max(0, math.ceil((1 - alpha) / alpha - 1e-9) - 1) if 0 < alpha < 1 else 0
    while conformal_rank(n, alpha) > n:
        n += 1
    return n


def conformal_quantile(scores: NDArray[Any], alpha: float) -> float:
    """The k-th smallest of ``scores`` (n,); infinite where n is too small. Raises ``DataError`` for NaN."""
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1:
        raise UsageError(f"conformal prediction: scores of shape {values.shape}; give one a patient or case, (n,)")
    if np.isnan(values).any():
        raise DataError(f"conformal prediction: {int(np.isnan(values).sum())} of {len(values)} scores are not numbers")
    rank = conformal_rank(len(values), alpha)
    return math.inf if rank > len(values) else float(np.partition(values, rank - 1)[rank - 1])


def coverage_band(n: int, alpha: float, new: int | None = None) -> tuple[float, float]:
    """The middle 95 % of the coverage that a calibration of ``n`` gives: in the long run, or among ``new`` cases.

    For scores without ties; with ties coverage is higher. (1, 1) where everything is in every set.
    """
    rank = conformal_rank(n, alpha)
    if rank > n:
        return 1.0, 1.0
    if new is None:
        return float(betaincinv(rank, n + 1 - rank, 0.025)), float(betaincinv(rank, n + 1 - rank, 0.975))
    if new < 1:
        raise UsageError(f"conformal prediction: the coverage among {new} new cases; give 1 or more")
    covered = np.arange(new + 1)
    logs = gammaln(new + 1) - gammaln(covered + 1) - gammaln(new - covered + 1)
    logs += betaln(covered + rank, new - covered + n + 1 - rank) - betaln(rank, n + 1 - rank)
    reached = np.cumsum(np.exp(logs))
    low, high = (int(np.searchsorted(reached, share * reached[-1])) for share in (0.025, 0.975))
    return low / new, high / new
