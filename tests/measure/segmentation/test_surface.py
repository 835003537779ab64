"""HD95 and NSD: shifted planes, spheres, brute force over all pairs, and MONAI where it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_erosion
from scipy.spatial.distance import cdist

from medgraft.measure.segmentation.mask_metric import OutlineRules
from medgraft.measure.segmentation.mask_pair import MaskPair
from medgraft.measure.segmentation.surface import HD95, NSD

RULES = OutlineRules()


def test_a_plane_shifted_by_two_slices() -> None:
    truth, predicted = np.zeros((2, 9, 8, 8), dtype=bool)
    truth[2] = predicted[4] = True
    pair = MaskPair.of(truth, predicted, (1.5, 1.0, 1.0))
    assert HD95(pair, RULES).value == pytest.approx(3.0)
    assert NSD(pair, OutlineRules(tolerance=2.9)).value == 0
    assert NSD(pair, OutlineRules(tolerance=3.0)).value == 1


def test_spheres_within_each_other(ball) -> None:
    spacing = (2.0, 1.0, 1.0)
    small, large = (ball((30, 60, 60), (15, 30, 30), radius, spacing) for radius in (15.0, 20.0))
    pair = MaskPair.of(small, large, spacing)
    assert HD95(pair, RULES).value == pytest.approx(5.0, abs=1.0)
    assert NSD(pair, OutlineRules(tolerance=7.0)).value == 1
    assert NSD(pair, OutlineRules(tolerance=3.0)).value == 0


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    shape=st.sampled_from([(10, 12), (5, 7, 6)]),
    tolerance=st.sampled_from([0.0, 0.5, 1.0, 1.4]),
)
def test_brute_force(seed: int, shape: tuple[int, ...], tolerance: float) -> None:
    random = np.random.default_rng(seed)
    truth, predicted = random.random(shape) < 0.6, random.random(shape) < 0.4
    spacing = (0.5, 1.0, 2.0)[: len(shape)]
    edges = [np.argwhere(mask & ~binary_erosion(mask)) * np.array(spacing) for mask in (predicted, truth)]
    gaps = cdist(*edges)
    ways = gaps.min(axis=1), gaps.min(axis=0)
    pair = MaskPair.of(truth, predicted, spacing)
    assert HD95(pair, RULES).value == pytest.approx(max(np.quantile(way, 0.95) for way in ways))
    near = np.mean(np.concatenate(ways) <= tolerance + 1e-9)
    assert NSD(pair, OutlineRules(tolerance=tolerance)).value == pytest.approx(near)


@pytest.mark.filterwarnings("ignore:.*get_mask_edges.*:FutureWarning")
def test_monai_says_the_same(masks) -> None:
    metrics = pytest.importorskip("monai.metrics")
    torch = pytest.importorskip("torch")
    for seed in range(10):
        truth, predicted = masks(seed, (9, 11, 10), 0.8)
        if not truth.any() or not predicted.any():
            continue
        spacing = (2.0, 0.8, 1.0)
        pair = MaskPair.of(truth, predicted, spacing)
        one_hot = [torch.from_numpy(np.stack([~m, m])[None].astype(np.float32)) for m in (predicted, truth)]
        theirs = metrics.compute_hausdorff_distance(*one_hot, percentile=95, spacing=spacing)
        assert HD95(pair, RULES).value == pytest.approx(float(theirs[0, 0]), rel=1e-5)
        theirs = metrics.compute_surface_dice(*one_hot, class_thresholds=[1.0], spacing=spacing)
        assert NSD(pair, RULES).value == pytest.approx(float(theirs[0, 0]), rel=1e-5)
