"""Between picture and square: against what the preprocessing really does, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.transfer.detection.frame import Frame


@pytest.mark.parametrize("fit", ["squash", "pad"])
@pytest.mark.parametrize(("rows", "columns"), [(120, 160), (160, 120), (90, 201)])
def test_a_box_lies_where_preprocessing_puts_its_pixels(fit, rows, columns):
    pixels = np.zeros((1, rows, columns), np.uint8)
    pixels[0, 30:75, 20:100] = 255
    prepared = Preprocessing(size=64, channels=1, fit=fit, interpolation="bilinear").apply(Image(pixels, 0.0, 255.0))[0]
    x0, y0, x1, y1 = Frame(rows, columns, 64, fit).inside(np.array([[20, 30, 100, 75]]))[0]
    # the sum of a bright rectangle along an axis is its extent, the centre of mass (+ 1/2) its middle
    across, down = prepared.sum(axis=0), prepared.sum(axis=1)
    assert prepared.sum() == pytest.approx((x1 - x0) * (y1 - y0), rel=0.02)
    assert (across @ np.arange(64)) / across.sum() + 0.5 == pytest.approx((x0 + x1) / 2, abs=0.05)
    assert (down @ np.arange(64)) / down.sum() + 0.5 == pytest.approx((y0 + y1) / 2, abs=0.05)


@given(
    rows=st.integers(8, 3000),
    columns=st.integers(8, 3000),
    fit=st.sampled_from(["squash", "pad"]),
    corners=st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def test_there_and_back_is_where_it_was(rows, columns, fit, corners):
    xs, ys = sorted(corners[:2]), sorted(corners[2:])
    box = np.array([[xs[0] * columns, ys[0] * rows, xs[1] * columns, ys[1] * rows]])
    frame = Frame(rows, columns, 256, fit)
    inside = frame.inside(box)
    assert inside.min() >= -1e-9
    assert inside.max() <= 256 + 1e-9
    np.testing.assert_allclose(frame.original(inside), box, atol=1e-6)


def test_a_box_in_the_padding_has_no_area_in_the_picture():
    found = Frame(50, 100, 100, "pad").original(np.array([[10, 0, 30, 20], [10, 20, 30, 50]]))
    assert found.tolist() == [[10, 0, 30, 0], [10, 0, 30, 25]]
