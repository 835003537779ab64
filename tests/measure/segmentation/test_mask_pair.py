"""Two masks on one grid: cropping, counts, surfaces against brute force, components, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from medgraft.errors import UsageError
from medgraft.measure.segmentation.mask_pair import Empty, MaskPair, components

SPACINGS = {2: (0.7, 2.0), 3: (3.0, 0.5, 1.0)}


def surface_points(mask: np.ndarray) -> np.ndarray:
    """Voxels with one of the neighbours across a face outside, one by one."""
    padded = np.pad(mask, 1)
    found = []
    for place in np.argwhere(padded):
        for axis in range(mask.ndim):
            for step in (-1, 1):
                beside = place.copy()
                beside[axis] += step
                if not padded[tuple(beside)]:
                    found.append(tuple(place - 1))
    return np.array(sorted(set(found)), dtype=float)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), shape=st.sampled_from([(9, 7), (4, 6, 5), (1, 5, 5), (6, 1)]))
def test_surface_distances_are_those_of_all_pairs(seed: int, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(seed)
    truth, predicted = random.random(shape) < 0.5, random.random(shape) < 0.3
    if not truth.any() or not predicted.any():
        return
    spacing = SPACINGS[len(shape)]
    pair = MaskPair.of(truth, predicted, spacing)
    scale = np.array(spacing)
    gaps = cdist(surface_points(predicted) * scale, surface_points(truth) * scale)
    to_truth, to_predicted = pair.surface_gaps
    assert np.sort(to_truth) == pytest.approx(np.sort(gaps.min(axis=1)))
    assert np.sort(to_predicted) == pytest.approx(np.sort(gaps.min(axis=0)))


def test_it_is_cropped_and_knows_the_whole() -> None:
    truth, predicted = np.zeros((2, 20, 30, 40), dtype=bool)
    truth[3:5, 10:12, 7] = True
    predicted[4, 11:20, 7:9] = True
    pair = MaskPair.of(truth, predicted, (2.0, 1.0, 0.5))
    assert pair.truth.shape == (2, 10, 2)
    assert pair.counts == (4, 18, 1)
    assert pair.empty is Empty.NEITHER
    assert pair.diagonal == pytest.approx(math.dist((0, 0, 0), (38, 29, 19.5)))
    assert pair.voxel_ml == pytest.approx(0.001)


def test_which_one_is_empty() -> None:
    full, none = np.ones((3, 3), dtype=bool), np.zeros((3, 3), dtype=bool)
    kinds = {(0, 0): Empty.BOTH, (0, 1): Empty.TRUTH, (1, 0): Empty.PREDICTION, (1, 1): Empty.NEITHER}
    for (true, called), kind in kinds.items():
        pair = MaskPair.of((none, full)[true], (none, full)[called])
        assert pair.empty is kind
        assert math.isnan(pair.diagonal)
        assert math.isnan(pair.voxel_ml)
        with pytest.raises(UsageError, match="a known spacing"):
            _ = pair.surface_gaps


def test_corners_connect() -> None:
    diagonal = np.eye(4, dtype=bool)
    assert components(diagonal)[1] == 1
    apart = np.zeros((3, 3, 3), dtype=bool)
    apart[0, 0, 0] = apart[2, 2, 2] = True
    assert components(apart)[1] == 2
    apart[1, 1, 1] = True
    assert components(apart)[1] == 1


def test_the_share_of_each_lesion_that_is_covered() -> None:
    truth, predicted = np.zeros((2, 5, 9), dtype=bool)
    truth[0, :4] = truth[3, 0] = truth[4, 5:9] = True
    predicted[0, 1:3] = predicted[4, 5:9] = predicted[2, 8] = True
    assert sorted(MaskPair.of(truth, predicted).covered) == [0.0, 0.5, 1.0]


def test_what_does_not_fit_is_refused() -> None:
    mask = np.ones((4, 4), dtype=bool)
    with pytest.raises(UsageError, match="bring the prediction to the truth's grid"):
        MaskPair.of(mask, mask[:3])
    with pytest.raises(UsageError, match=r"2-D|slices, rows, columns"):
        MaskPair.of(mask[0], mask[0])
    with pytest.raises(UsageError, match="one class at a time"):
        MaskPair.of(mask.astype(np.uint8), mask)
    for wrong in ((1.0,), (1.0, 0.0), (1.0, -2.0), (1.0, math.nan), (1.0, math.inf)):
        with pytest.raises(UsageError, match="one positive number in mm an axis"):
            MaskPair.of(mask, mask, wrong)
