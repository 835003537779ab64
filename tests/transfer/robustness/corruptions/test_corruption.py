"""The contract, over every registered corruption."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medgraft.errors import DataError, UsageError
from medgraft.transfer.robustness.corruptions.catalogue import CORRUPTIONS
from medgraft.transfer.robustness.corruptions.corruption import SEVERITIES, corrupt

NAMES = list(CORRUPTIONS)


def picture(channels, side, seed=0):
    """Blobs with texture, from nearly black to nearly white."""
    rng = np.random.default_rng(seed)
    coarse = ndimage.gaussian_filter(rng.normal(size=(channels, side, side)), (0, side / 10, side / 10))
    fine = ndimage.gaussian_filter(rng.normal(size=(channels, side, side)), (0, 0.7, 0.7))
    return (1 / (1 + np.exp(-3 * coarse / coarse.std() - 0.5 * fine / fine.std()))).astype(np.float32)


def channels_of(name):
    return (3,) if CORRUPTIONS.get(name).colour else (1, 3)


@pytest.mark.parametrize("name", NAMES)
def test_shape_range_and_the_picture_itself_stays(name):
    for channels in channels_of(name):
        pixels = picture(channels, 40)[:, :32]  # not square
        before = pixels.copy()
        for severity in SEVERITIES:
            found = corrupt(name, pixels, severity, seed=1, index=2)
            assert found.shape == pixels.shape and found.dtype == np.float32
            assert found.min() >= 0 and found.max() <= 1
            assert not np.array_equal(found, pixels)
        np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("name", NAMES)
def test_severity_0_is_the_picture_as_it_is_and_a_new_array(name):
    pixels = picture(channels_of(name)[-1], 32)
    found = corrupt(name, pixels, 0, seed=1, index=2)
    np.testing.assert_array_equal(found, pixels)
    assert found is not pixels


@pytest.mark.parametrize("side", [28, 64])
@pytest.mark.parametrize("name", NAMES)
def test_it_goes_further_from_the_picture_with_every_severity(name, side):
    far = np.zeros(6)
    for index in range(8):
        pixels = picture(channels_of(name)[-1], side, seed=index)
        spoilt = [corrupt(name, pixels, severity, seed=3, index=index) for severity in (0, *SEVERITIES)]
        far += [float(np.abs(one - pixels).mean()) / 8 for one in spoilt]
    assert far[0] == 0
    assert (np.diff(far) > 0).all(), far
    assert far[1] > 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_draws_come_from_the_seed_and_the_case_alone(name):
    pixels = picture(channels_of(name)[-1], 32)
    first = corrupt(name, pixels, 3, seed=1, index=2)
    np.random.default_rng(0).random()
    np.testing.assert_array_equal(corrupt(name, pixels, 3, seed=1, index=2), first)
    others = [corrupt(name, pixels, 3, seed=1, index=index) for index in range(3, 9)]
    drawn = any(not np.array_equal(one, first) for one in others)
    still = {"gaussian-blur", "defocus-blur", "edge-enhancement", "pixelate", "jpeg", "saturation", "black-corner"}
    still |= {"closer-view", "wider-view"}
    assert drawn == (name not in still and not name.endswith(("-up", "-down")))


@pytest.mark.parametrize("name", NAMES)
def test_black_white_and_tiny_pictures_are_no_error(name):
    channels = channels_of(name)[-1]
    for pixels in (np.zeros((channels, 16, 16)), np.ones((channels, 16, 16)), np.full((channels, 4, 5), 0.5)):
        found = corrupt(name, pixels.astype(np.float32), 5, seed=0, index=0)
        assert np.isfinite(found).all() and found.shape == pixels.shape


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is_and_refuses_what_is_no_picture(name):
    member = CORRUPTIONS.get(name)
    assert member.name == name and member.summary and len(member.levels) == 5
    pixels, rng = picture(channels_of(name)[-1], 16), np.random.default_rng(0)
    for wrong in (pixels[0], pixels.astype(np.float64), pixels[:, :0], np.concatenate([pixels] * 2)):
        with pytest.raises(UsageError, match="float32"):
            member(wrong, 1, rng)
    for severity in (-1, 6):
        with pytest.raises(UsageError, match="0 to 5"):
            member(pixels, severity, rng)
    for value in (1.5, -0.1, np.nan):
        spoilt = pixels.copy()
        spoilt[0, 0, 0] = value
        with pytest.raises(DataError, match="0 to 1"):
            member(spoilt, 1, rng)


def test_colour_is_refused_for_grey():
    with pytest.raises(UsageError, match="C of 3"):
        corrupt("stain-shift", picture(1, 16), 1, seed=0, index=0)
