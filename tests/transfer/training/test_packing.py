"""What is packed comes back: to the bit, to half precision, or to half a step of its range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from medgraft.transfer.training.packing import Packing

SHAPES = [(3, 4, 5), (7,), (2, 6)]


def cases(seed=0, count=4):
    rng = np.random.default_rng(seed)
    return [[rng.normal(size=shape).astype(np.float32) for shape in SHAPES] for _ in range(count)]


def there_and_back(packing, given):
    return packing.unpack(np.stack([packing.pack(case) for case in given]))


def test_float32_to_the_bit():
    given = cases()
    back = there_and_back(Packing(SHAPES, "float32"), given)
    for place, item in enumerate(back):
        np.testing.assert_array_equal(item, np.stack([case[place] for case in given]))


@pytest.mark.parametrize(("precision", "bytes_each"), [("float32", 4), ("float16", 2)])
def test_width(precision, bytes_each):
    packing = Packing(SHAPES, precision)
    assert packing.width == len(packing.pack(cases()[0])) == bytes_each * (60 + 7 + 12)


def test_scaled_width_is_two_bytes_each_and_eight_a_channel():
    packing = Packing(SHAPES, "scaled16")
    assert packing.width == len(packing.pack(cases()[0])) == (2 * 60 + 8 * 3) + 4 * 7 + (2 * 12 + 8 * 2)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, (3, 8), elements=st.floats(-1e6, 1e6, width=32)))
def test_scaled_is_within_a_step_of_the_channels_range(item):
    (back,) = there_and_back(Packing([item.shape], "scaled16"), [[item]])
    wide = item.astype(np.float64)
    step = (wide.max(axis=1) - wide.min(axis=1)) / 65535
    room = 0.51 * step + 1e-6 * np.abs(wide).max(axis=1)  # float32's own rounding at the ends
    assert (np.abs(back[0] - wide) <= room[:, None] + 1e-30).all()


def test_zeros_after_a_relu_and_constants_are_exact():
    item = np.maximum(np.random.default_rng(1).normal(size=(4, 50)), 0).astype(np.float32)
    item[2] = 3.25
    (back,) = there_and_back(Packing([item.shape], "scaled16"), [[item]])
    assert (back[0][item == 0] == 0).all()
    np.testing.assert_array_equal(back[0][2], item[2])


def test_it_is_closer_than_half_precision():
    item = np.maximum(np.random.default_rng(2).normal(size=(16, 400)), 0).astype(np.float32)
    errors = {}
    for precision in ("scaled16", "float16"):
        (back,) = there_and_back(Packing([item.shape], precision), [[item]])
        errors[precision] = float(np.sqrt(np.mean((back[0] - item.astype(np.float64)) ** 2)))
    assert errors["scaled16"] < errors["float16"] / 4


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_so(value):
    item = np.ones((2, 5), np.float32)
    item[1, 2] = value
    (back,) = there_and_back(Packing([item.shape], "scaled16"), [[item]])
    assert not np.isfinite(back[0][1]).all()
    np.testing.assert_array_equal(back[0][0], item[0])
