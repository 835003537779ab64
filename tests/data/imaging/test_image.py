"""An image is what it says: shape, range, grey or not, and what was applied."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.data.imaging.image import Image
from medgraft.errors import ReaderError


@pytest.mark.parametrize("shape", [(2, 4, 4), (4, 4), (1, 0, 4), (1, 2, 3, 4)])
def test_shapes_that_are_no_picture(shape):
    with pytest.raises(ReaderError, match="are needed"):
        Image(np.zeros(shape, np.uint8), 0, 255)


def test_an_empty_range():
    with pytest.raises(ReaderError, match="is empty"):
        Image(np.zeros((1, 2, 2), np.uint8), 5, 5)


def test_grey_is_known_also_as_rgb():
    plane = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    assert Image(plane, 0, 255).is_grey
    assert Image(np.repeat(plane, 3, axis=0), 0, 255).is_grey
    tinted = np.repeat(plane, 3, axis=0)
    tinted[2, 0, 0] += 1
    assert not Image(tinted, 0, 255).is_grey


def test_steps_are_kept_in_order():
    image = Image(np.zeros((1, 2, 2), np.uint8), 0, 255).with_step("first").with_step("second", high=100.0)
    assert image.steps == ("first", "second")
    assert image.high == 100.0
