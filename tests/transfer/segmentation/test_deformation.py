"""Pixels and label map move together, and as drawn."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from medgraft.transfer.segmentation.deformation import Deformation, deformed, draw_deformation

STILL = Deformation((0.0, 0.0, 0.0), 1.0, (False, False, False), (0, 0.0), 1.0, 0.0, 1.0, (0, 0.0))


def patch(flat):
    shape = (1, 24, 32) if flat else (12, 24, 32)
    labels = np.zeros(shape, np.uint8)
    labels[..., 6:14, 5:12] = 1
    labels[..., 15:20, 18:28] = 2
    return (labels[None] / 2).astype(np.float32), labels


@pytest.mark.parametrize("flat", [True, False])
def test_the_still_one_changes_nothing(flat):
    pixels, labels = patch(flat)
    moved, called = deformed(pixels, labels, STILL)
    assert np.allclose(moved, pixels, atol=1e-5) and np.array_equal(called, labels)


@pytest.mark.parametrize("flat", [True, False])
def test_a_mirror_image_is_one(flat):
    pixels, labels = patch(flat)
    moved, called = deformed(pixels, labels, replace(STILL, mirrored=(False, True, True)))
    assert np.array_equal(called, labels[:, ::-1, ::-1]) and np.allclose(moved, pixels[:, :, ::-1, ::-1], atol=1e-5)


def test_depth_is_mirrored_in_volumes():
    pixels, labels = patch(False)
    labels[0] = 2
    _, called = deformed(pixels, labels, replace(STILL, mirrored=(True, False, False)))
    assert np.array_equal(called, labels[::-1])


def test_a_quarter_turn_is_that_of_numpy():
    labels = np.random.default_rng(0).integers(0, 3, (1, 16, 16)).astype(np.uint8)
    pixels = (labels[None] / 2).astype(np.float32)
    _, called = deformed(pixels, labels, replace(STILL, angles=(np.pi / 2, 0.0, 0.0)))
    assert any(np.array_equal(called[0], np.rot90(labels[0], turns)) for turns in (1, 3))


@pytest.mark.parametrize("flat", [True, False])
def test_twice_the_size_is_four_times_the_area(flat):
    labels = np.zeros((1, 64, 64) if flat else (64, 64, 64), np.uint8)
    labels[..., 24:40, 24:40] = 1
    _, called = deformed(labels[None].astype(np.float32), labels, replace(STILL, scale=2.0))
    assert (called == 1).sum() == pytest.approx(4 * (labels == 1).sum(), rel=0.02)


@given(seed=st.integers(0, 10_000), flat=st.booleans())
@settings(max_examples=25, deadline=None)
def test_whatever_is_drawn_pixels_and_label_map_agree(seed, flat):
    pixels, labels = patch(flat)
    drawn = draw_deformation(np.random.default_rng(seed), flat=flat, mirror=(True, True, True))
    drawn = replace(drawn, gain=1.0, offset=0.0, gamma=1.0, noise=(0, 0.0))
    moved, called = deformed(pixels, labels, drawn)
    assert moved.shape == pixels.shape and called.shape == labels.shape
    assert set(np.unique(called)) <= {0, 1, 2} and moved.min() >= 0 and moved.max() <= 1
    # the picture is the label map: away from edges both must say the same (classes are 1 apart, 2 outside)
    size = (1, 5, 5) if flat else (5, 5, 5)
    inner = ndimage.maximum_filter(called, size) == ndimage.minimum_filter(called, size)
    assert inner.mean() > 0.4 and np.abs(moved[0] * 2 - called)[inner].max() < 0.95


def test_drawing_is_of_the_seed_alone_and_within_bounds():
    one, other = (draw_deformation(np.random.default_rng(5), flat=True) for _ in range(2))
    assert one == other and not one.mirrored[0]
    assert not any(
        draw_deformation(np.random.default_rng(s), flat=False, mirror=(False,) * 3).mirrored[1] for s in range(9)
    )
