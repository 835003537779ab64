"""Diameters of boxes and spheres of known size, against brute force over all faces."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from medgraft.errors import UsageError
from medgraft.measure.segmentation.diameter import longest_diameter


def brute_force(mask: np.ndarray, spacing: tuple[float, ...]) -> float:
    steps = np.concatenate([np.eye(mask.ndim), -np.eye(mask.ndim)]) / 2
    faces = (np.argwhere(mask)[:, None] + steps).reshape(-1, mask.ndim) * np.array(spacing)
    return float(pdist(faces).max()) if len(faces) else 0.0


def test_rows_and_single_voxels() -> None:
    mask = np.zeros((5, 6, 7), dtype=bool)
    assert longest_diameter(mask, (1.0, 1.0, 1.0)) == 0
    mask[2, 3, 1:6] = True
    assert longest_diameter(mask, (9.0, 1.0, 0.5)) == pytest.approx(2.5)
    mask[:, 3, 1] = True
    assert longest_diameter(mask, (9.0, 1.0, 0.5)) == pytest.approx(2.5), (
        "slices are 9 mm thick, but looked at one by one"
    )
    assert longest_diameter(mask, (9.0, 1.0, 0.5), in_plane=False) == pytest.approx(45.0)
    assert longest_diameter(np.ones((1, 1), dtype=bool), (0.3, 0.7)) == pytest.approx(0.7)


@pytest.mark.parametrize("radius", [6.0, 11.3, 18.0])
def test_spheres(ball, radius: float) -> None:
    spacing = (2.0, 0.8, 0.8)
    mask = ball((24, 60, 60), (12, 30, 30), radius, spacing)
    assert longest_diameter(mask, spacing) == pytest.approx(2 * radius, abs=0.8)
    assert longest_diameter(mask, spacing, in_plane=False) == pytest.approx(2 * radius, abs=2.0)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), fill=st.floats(0.01, 0.6))
def test_all_pairs(seed: int, fill: float) -> None:
    mask = np.random.default_rng(seed).random((4, 6, 5)) < fill
    spacing = (2.5, 1.0, 0.7)
    assert longest_diameter(mask, spacing, in_plane=False) == pytest.approx(brute_force(mask, spacing))
    in_plane = max(brute_force(one, spacing[1:]) for one in mask)
    assert longest_diameter(mask, spacing) == pytest.approx(in_plane)
    assert longest_diameter(mask[0], spacing[1:]) == pytest.approx(brute_force(mask[0], spacing[1:]))


def test_what_does_not_fit() -> None:
    mask = np.ones((3, 3), dtype=bool)
    assert math.isnan(longest_diameter(mask, None))
    with pytest.raises(UsageError, match="a bool mask"):
        longest_diameter(mask.astype(int), (1.0, 1.0))
    with pytest.raises(UsageError, match="one positive number in mm"):
        longest_diameter(mask, (1.0,))
