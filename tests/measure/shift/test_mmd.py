"""MMD against loops over pairs, the level over patients, and planted differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.measure.shift.mmd import SCALES, mixture_kernel, mmd, mmd_statistics
from medgraft.measure.shift.permutation import allocations
from medgraft.measure.shift.sides import Sides


def _slow(sides: Sides, kernel: np.ndarray) -> float:
    """Mean kernel over pairs of different patients of one side, of the other, and across."""
    sums: dict[tuple[bool, bool], list[float]] = {}
    for i in range(len(kernel)):
        for j in range(len(kernel)):
            if sides.patients.codes[i] != sides.patients.codes[j]:
                sums.setdefault((bool(sides.is_target[i]), bool(sides.is_target[j])), []).append(kernel[i, j])
    means = {key: float(np.mean(values)) for key, values in sums.items()}
    return means[False, False] + means[True, True] - 2 * means[False, True]


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.integers(8, 14), st.integers(8, 14), st.booleans())
def test_against_loops(seed: int, n: int, m: int, several: bool) -> None:
    random = np.random.default_rng(seed)
    groups = [np.concatenate([np.arange(8), random.integers(0, 8, k - 8)]) if several else None for k in (n, m)]
    sides = Sides.of(
        random.normal(size=(n, 3)), random.normal(size=(m, 3)) + 0.5, source_groups=groups[0], target_groups=groups[1]
    )
    rows = sides.standardised
    squared = ((rows[:, None] - rows) ** 2).sum(axis=2)
    middle = np.median(squared[np.triu_indices(n + m, 1)])
    kernel = sum(np.exp(-squared / (scale * middle)) for scale in SCALES) / len(SCALES)
    assert mixture_kernel(sides.gram) == pytest.approx(kernel)
    found = mmd_statistics(sides, kernel, allocations(sides.patient_is_target, 3, seed))
    assert found[0] == pytest.approx(_slow(sides, kernel), abs=1e-10)
    assert mmd(sides, draws=9, seed=seed).squared == pytest.approx(found[0], abs=1e-10)


def test_many_pictures_a_patient_are_no_difference() -> None:
    """One patient of the source has five pictures that are much alike, one of the target has one: same population."""
    small = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        centres = random.normal(size=(30, 4))
        first = np.repeat(centres[:15], 5, axis=0) + 0.3 * random.normal(size=(75, 4))
        second = centres[15:] + 0.3 * random.normal(size=(15, 4))
        sides = Sides.of(first, second, source_groups=np.repeat(np.arange(15), 5), target_groups=np.arange(15))
        small += mmd(sides, draws=99, seed=seed).p_value <= 0.05
    assert small <= 9, "5 % of 60 is 3; more than 9 has a chance of one in a thousand"


def test_a_planted_shift_is_found_and_equal_cohorts_lie_near_zero() -> None:
    random = np.random.default_rng(0)
    first = random.normal(size=(60, 5))
    apart = mmd(Sides.of(first, random.normal(size=(50, 5)) + 1.0), draws=199)
    assert apart.p_value == pytest.approx(1 / 200)
    assert apart.squared > 0.05
    alike = mmd(Sides.of(first, random.normal(size=(50, 5))), draws=199)
    assert abs(alike.squared) < 0.02
    assert alike.p_value > 0.05
    wider = mmd(Sides.of(first, 3 * random.normal(size=(50, 5))), draws=199)
    assert wider.p_value <= 0.01, "means are equal, spreads are not"


def test_equal_pictures_everywhere_are_no_difference() -> None:
    same = Sides.of(np.full((10, 2), 0.1), np.full((12, 2), 0.1))
    found = mmd(same, draws=19)
    assert (found.squared, found.p_value) == (pytest.approx(0.0, abs=1e-12), 1.0)
