"""The mean of paired differences over repeated splits of the same cases, with the Nadeau-Bengio corrected t interval.

The training parts of the splits overlap, so their differences resemble each other, and the plain t interval is too
narrow. The variance of the mean of J differences is taken as (1/J + n_test/n_train) S² in place of S²/J.
Source: Nadeau & Bengio, Inference for the Generalization Error, Machine Learning 2003;52:239-281; for repeated
k-fold: Bouckaert & Frank, PAKDD 2004.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from medgraft.errors import UsageError

__all__ = ["SplitDifference", "split_difference"]


@dataclass(frozen=True)
class SplitDifference:
    """Mean ``difference`` with its 95 % interval and corrected ``standard_error``, over ``n_splits`` splits."""

    difference: float
    low: float
    high: float
    standard_error: float
    n_splits: int


def split_difference(
    differences: NDArray[Any], n_train: int | NDArray[Any], n_test: int | NDArray[Any]
) -> SplitDifference:
    """Of per-split ``differences`` (J,), first − second on the same split, J from 2.

    ``n_train`` and ``n_test`` are the sizes of the parts, one number or (J,); where patients were split, count
    patients. The mean of the J size ratios is used. Splits that all agree give an interval of width 0: they show no
    spread at all, which with few of them is no proof. Raises ``UsageError`` for what does not fit.
    """
    gaps = np.asarray(differences, np.float64)
    if gaps.ndim != 1 or len(gaps) < 2 or not np.isfinite(gaps).all():
        raise UsageError(
            f"comparing over splits: differences of shape {gaps.shape}; need a finite number a split, 2 splits or more"
        )
    train, test = (np.asarray(sizes, np.float64) for sizes in (n_train, n_test))
    fits = all(sizes.shape in ((), gaps.shape) for sizes in (train, test))
    if not fits or not (train >= 1).all() or not (test >= 1).all():
        raise UsageError(
            f"comparing over splits: sizes n_train {train.shape} and n_test {test.shape} for {len(gaps)} splits; give "
            "whole numbers from 1, one for all splits or one a split"
        )
    inflation = 1 / len(gaps) + float(np.mean(test / train))
    error = math.sqrt(inflation * float(gaps.var(ddof=1)))
    mean, reach = float(gaps.mean()), float(stdtrit(len(gaps) - 1, 0.975)) * error
    return SplitDifference(mean, mean - reach, mean + reach, error, len(gaps))
