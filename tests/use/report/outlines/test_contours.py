"""Paths enclose what the mask encloses: drawn again by another library, and by their area."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from skimage.draw import polygon2mask

from medgraft.errors import ArtifactError
from medgraft.use.report.outlines.contours import contour_path, read_label_map


def _rings(path: str) -> list[np.ndarray]:
    return [
        np.array([[float(number) for number in point.split()] for point in ring.split("L")])
        for ring in re.findall(r"M([^Z]+)Z", path)
    ]


def _filled(path: str, shape: tuple[int, int]) -> np.ndarray:
    """Even-odd filling of the rings; a pixel is in where its centre is."""
    inside = np.zeros(shape, dtype=bool)
    for ring in _rings(path):
        inside ^= polygon2mask(shape, ring[:, ::-1] - 0.5)
    return inside


@pytest.mark.parametrize("radius", [3, 8, 14])
def test_a_disc_with_a_hole_comes_back(radius):
    y, x = np.mgrid[0:40, 0:50]
    distance = np.hypot(y - 18.3, x - 22.1)
    mask = (distance <= radius) & (distance > radius / 3)
    path = contour_path(mask)
    assert len(_rings(path)) == 2
    np.testing.assert_array_equal(_filled(path, mask.shape), mask)


def test_coordinates_are_those_of_the_picture():
    """A rectangle of columns 2 to 4 and rows 1 to 6 in half-open pixels, cut at the corners by half a pixel."""
    mask = np.zeros((9, 9), dtype=bool)
    mask[1:6, 2:4] = True
    ring = _rings(contour_path(mask))[0]
    assert ring.min(axis=0).tolist() == [2, 1] and ring.max(axis=0).tolist() == [4, 6]


def test_a_mask_at_the_border_is_closed():
    ring = _rings(contour_path(np.ones((4, 6), dtype=bool)))[0]
    assert ring.min(axis=0).tolist() == [0, 0] and ring.max(axis=0).tolist() == [6, 4]


def test_small_and_empty_masks():
    assert contour_path(np.zeros((5, 5), dtype=bool)) == ""
    one = np.zeros((5, 5), dtype=bool)
    one[2, 3] = True
    assert _rings(contour_path(one))[0].mean(axis=0) == pytest.approx([3.5, 2.5])


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_label_maps_keep_their_ids():
    ids = np.arange(12, dtype=np.uint8).reshape(3, 4)
    grey = Image.fromarray(ids)
    with_palette = grey.convert("P")
    with_palette.putpalette([0, 90, 200] * 256)
    np.testing.assert_array_equal(read_label_map(_png(grey), "here"), ids)
    np.testing.assert_array_equal(read_label_map(_png(with_palette), "here"), np.asarray(with_palette))
    with pytest.raises(ArtifactError, match="RGB; 8-bit ids"):
        read_label_map(_png(Image.new("RGB", (2, 2))), "here")
    with pytest.raises(ArtifactError, match="no picture"):
        read_label_map(b"<svg>", "here")
