"""The contract, over every registered descriptor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from medgraft.source.handcrafted import catalogue
from medgraft.source.handcrafted.descriptor import DESCRIPTORS

NAMES = catalogue.descriptor_names()


@st.composite
def pictures(draw):
    """(C, S, S) in [0, 1]: few grey values, many, or one."""
    channels, size = draw(st.sampled_from([1, 3])), draw(st.integers(16, 40))
    coarse = draw(arrays(np.float32, (channels, 4, 4), elements=st.floats(0, 1, width=32)))
    grain = draw(st.sampled_from([0.0, 1e-6, 0.01, 1.0]))
    drawn = np.random.default_rng(draw(st.integers(0, 99))).random((channels, size, size), dtype=np.float32)
    rows = np.arange(size) * 4 // size
    return np.clip(coarse[:, rows][:, :, rows] + np.float32(grain) * (drawn - np.float32(0.5)), 0, 1)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(pixels=pictures())
def test_finite_of_the_promised_length_and_the_same_again(name, pixels):
    before = pixels.copy()
    found = DESCRIPTORS.get(name).describe(pixels)
    assert found.dtype == np.float32
    assert found.shape == (DESCRIPTORS.get(name).dimension(len(pixels)),)
    assert np.isfinite(found).all()
    assert np.abs(found).max(initial=0.0) < 20
    np.testing.assert_array_equal(found, DESCRIPTORS.get(name).describe(pixels.copy()))
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 1.0])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_constant_picture(name, value, channels):
    found = DESCRIPTORS.get(name).describe(np.full((channels, 32, 32), value, np.float32))
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_member_is_registered_under_its_name_with_a_version(name):
    assert DESCRIPTORS.get(name).name == name
    assert DESCRIPTORS.get(name).version >= 1
    assert DESCRIPTORS.get(name).__doc__
