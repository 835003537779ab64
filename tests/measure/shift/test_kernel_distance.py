"""Distances to one target, on one scale."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.shift.kernel_distance import KernelDistance
from medgraft.measure.shift.mmd import SCALES


def drawn(seed, offset=0.0, cases=60):
    return np.random.default_rng(seed).normal(size=(cases, 5)) + offset


def test_it_is_the_sum_over_pairs_that_the_paper_writes():
    target, rows = drawn(0, cases=9), drawn(1, 0.4, cases=7)
    both = np.concatenate([target, rows])
    mean, scale = both.mean(axis=0), both.std(axis=0)
    there, here = (target - mean) / scale, (rows - mean) / scale
    pairs = [((a - b) ** 2).sum() for i, a in enumerate(there) for b in there[i + 1 :]]
    middle = np.median(pairs)

    def kernel(a, b):
        return np.mean([np.exp(-((a - b) ** 2).sum() / (scale * middle)) for scale in SCALES])

    within = [
        np.mean([kernel(a, b) for i, a in enumerate(side) for j, b in enumerate(side) if i != j])
        for side in (here, there)
    ]
    across = np.mean([kernel(a, b) for a in here for b in there])
    assert KernelDistance(target, rows)(rows) == pytest.approx(sum(within) - 2 * across, abs=1e-12)


def test_over_draws_it_is_zero_for_the_same_and_grows_with_the_difference():
    found = np.array(
        [
            [KernelDistance(drawn(seed), drawn(seed + 99))(drawn(seed + 999, offset)) for offset in (0, 0.3, 0.6, 1)]
            for seed in range(40)
        ]
    )
    middle = found.mean(axis=0)
    assert abs(middle[0]) < 3 * found[:, 0].std() / np.sqrt(40)
    assert (np.diff(middle) > 0).all()


def test_columns_that_do_not_vary_and_single_cases():
    even = np.ones((10, 3))
    assert KernelDistance(even, even)(even) == pytest.approx(0, abs=1e-12)
    for target, reference in ((drawn(0, cases=1), drawn(1)), (drawn(0), drawn(1)[:, :2])):
        with pytest.raises(UsageError, match="two cases"):
            KernelDistance(target, reference)
