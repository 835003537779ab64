"""Co-occurrence by hand: a constant, stripes, and counting in a loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.feature import graycomatrix, graycoprops

from medgraft.source.handcrafted.glcm import DISTANCES, LEVELS, PROPERTIES, Glcm, properties
from medgraft.source.handcrafted.luminance import quantised


def read(pixels):
    """Property → (mean over angles, range over angles), each by distance."""
    found = Glcm.describe(pixels[None].astype(np.float32)).reshape(len(PROPERTIES), 2, len(DISTANCES))
    return dict(zip(PROPERTIES, found, strict=True))


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_a_constant_picture(value):
    found = read(np.full((20, 20), value))
    for name, expected in {
        "contrast": 0,
        "dissimilarity": 0,
        "homogeneity": 1,
        "energy": 1,
        "correlation": 1,
        "ASM": 1,
    }.items():
        np.testing.assert_allclose(found[name], [[expected] * 3, [0] * 3], atol=1e-6)


def test_stripes_have_a_direction():
    """Columns of 0 and 1 in turn: one step along a row is full contrast, along a column none."""
    found = read(np.indices((24, 24))[1] % 2)
    np.testing.assert_allclose(found["contrast"][:, 0], [3 / 4, 1], atol=1e-6)  # 0, 45 and 135 degrees; not 90
    # Three and five columns on are the other grey; on the diagonals it is two and four, the same grey.
    np.testing.assert_allclose(found["contrast"][:, 1:], [[1 / 4] * 2, [1] * 2], atol=1e-6)
    np.testing.assert_allclose(found["correlation"][:, 0], [(-1 + -1 + 1 - 1) / 4, 2], atol=1e-2)


def test_as_counted_in_a_loop():
    pixels = np.random.default_rng(0).random((18, 18)).astype(np.float32)
    grey, values = quantised(pixels, LEVELS).astype(int), []
    for row, column in ((0, 1), (1, 0), (1, 1), (1, -1)):
        matrix = np.zeros((LEVELS, LEVELS))
        for i in range(18):
            for j in range(18):
                if i + row < 18 and 0 <= j + column < 18:
                    one, other = grey[i, j], grey[i + row, j + column]
                    matrix[one, other] += 1
                    matrix[other, one] += 1
        matrix /= matrix.sum()
        one, other = np.indices(matrix.shape)
        mean = (one * matrix).sum()
        variance = ((one - mean) ** 2 * matrix).sum()
        values.append(
            [
                ((one - other) ** 2 * matrix).sum() / (LEVELS - 1) ** 2,
                (np.abs(one - other) * matrix).sum() / (LEVELS - 1),
                (matrix / (1 + (one - other) ** 2)).sum(),
                np.sqrt((matrix**2).sum()),
                ((one - mean) * (other - mean) * matrix).sum() / variance,
                (matrix**2).sum(),
            ]
        )
    by_property, found = np.array(values), read(pixels)
    for place, name in enumerate(PROPERTIES):
        of_angles = by_property[:, place]
        np.testing.assert_allclose(found[name][:, 0], [of_angles.mean(), np.ptp(of_angles)], rtol=1e-4, atol=1e-6)


@given(seed=st.integers(0, 1000), levels=st.integers(1, LEVELS))
@settings(max_examples=30, deadline=None)
def test_properties_are_those_of_scikit_image(seed, levels):
    grey = np.random.default_rng(seed).integers(0, levels, (20, 20)).astype(np.uint8)
    matrices = graycomatrix(grey, DISTANCES, [0, np.pi / 2], levels=LEVELS, symmetric=True, normed=True)
    units = {"contrast": (LEVELS - 1) ** 2, "dissimilarity": LEVELS - 1}
    for name, found in zip(PROPERTIES, properties(matrices), strict=True):
        np.testing.assert_allclose(found, graycoprops(matrices, name) / units.get(name, 1), atol=1e-9)
