"""One vector of all descriptors, and a checksum that says which they were."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.source.handcrafted.catalogue import describe, descriptor_names, descriptors_checksum, dimension
from medgraft.source.handcrafted.descriptor import DESCRIPTORS

PIXELS = np.random.default_rng(0).random((3, 32, 32), dtype=np.float32)


def test_all_built_in_ones_in_the_order_of_their_names():
    assert descriptor_names() == ("colour", "first-order", "glcm", "hog", "lbp")


def test_one_after_the_other():
    names = ("lbp", "glcm")
    found = describe(names, PIXELS)
    np.testing.assert_array_equal(found[:46], DESCRIPTORS.get("lbp").describe(PIXELS))
    np.testing.assert_array_equal(found[46:], DESCRIPTORS.get("glcm").describe(PIXELS))
    assert dimension(names, 3) == len(found) == 46 + 36


@pytest.mark.parametrize("channels", [1, 3])
def test_a_few_hundred_numbers(channels):
    found = describe(descriptor_names(), PIXELS[:channels])
    assert found.dtype == np.float32
    assert len(found) == dimension(descriptor_names(), channels) == {1: 516, 3: 549}[channels]


def test_the_checksum_hangs_on_names_order_and_versions(monkeypatch):
    first = descriptors_checksum(("lbp", "hog"))
    assert first == descriptors_checksum(("lbp", "hog"))
    assert first not in (descriptors_checksum(("hog", "lbp")), descriptors_checksum(("lbp",)))
    monkeypatch.setattr(DESCRIPTORS.get("hog"), "version", 99)
    assert descriptors_checksum(("lbp", "hog")) != first
    assert len(descriptors_checksum(("gone",))) == 64


def test_a_name_that_nobody_knows():
    with pytest.raises(UsageError, match="did you mean 'glcm'"):
        describe(("glmc",), PIXELS)
