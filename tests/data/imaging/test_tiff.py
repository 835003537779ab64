"""TIFF of every number type, written from the specification, bit-exact."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from medgraft.data.imaging.decoder import Encoded
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.tiff import count_pages, read_tiff
from medgraft.errors import ReaderError

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2


def read(data: bytes, member: str = "", max_pixels: int = 10**6) -> Image:
    return read_tiff(Encoded(Path("x"), data, (0, 0), max_pixels), member).image()


def random(kind: str, samples: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    if kind.startswith("f"):
        return rng.random((7, 5, samples)).astype(kind)
    bounds = np.iinfo(kind)
    return rng.integers(bounds.min, bounds.max, (7, 5, samples), dtype=kind, endpoint=True)


@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "u4", "i4", "f4", "f8"])
def test_stored_values_come_back(
    tiff: Callable[..., bytes], kind: str, samples: int, order: str, deflate: bool
) -> None:
    pixels = random(kind, samples)
    image = read(tiff(pixels, BLACK_IS_ZERO if samples == 1 else RGB, order=order, deflate=deflate))
    expected = pixels.astype(np.float32) if kind.startswith("f") else pixels
    np.testing.assert_array_equal(np.moveaxis(image.pixels, 0, 2), expected)
    bounds = (0, 1) if kind.startswith("f") else (np.iinfo(kind).min, np.iinfo(kind).max)
    assert (image.low, image.high) == bounds


@pytest.mark.parametrize("kind", ["u2", "f4"])
def test_planes(tiff: Callable[..., bytes], kind: str) -> None:
    pixels = random(kind, 3)
    np.testing.assert_array_equal(np.moveaxis(read(tiff(pixels, RGB, planar=True)).pixels, 0, 2), pixels)


@pytest.mark.parametrize("kind", ["u1", "u2", "i2"])
def test_white_is_zero_is_inverted(tiff: Callable[..., bytes], kind: str) -> None:
    pixels = random(kind, 1)
    image = read(tiff(pixels, WHITE_IS_ZERO))
    expected = image.low + image.high - pixels[:, :, 0].astype(float)
    np.testing.assert_array_equal(image.pixels[0], expected)


@pytest.mark.parametrize("kind", ["u1", "u2"])
@pytest.mark.parametrize("extra", [1, 2])
def test_alpha(tiff: Callable[..., bytes], kind: str, extra: int) -> None:
    pixels = random(kind, 4)
    if extra == 1:  # premultiplied: no colour exceeds alpha
        pixels[:, :, :3] = np.minimum(pixels[:, :, :3], pixels[:, :, 3:])
    image = read(tiff(pixels, RGB, extra={338: ("H", (extra,))}))
    top = float(np.iinfo(kind).max)
    shown = np.floor(pixels[:, :, :3] * (pixels[:, :, 3:] / top) + 0.5) if extra == 2 else pixels[:, :, :3]
    # Pillow undoes 8-bit premultiplication while it decodes, which costs it a unit of rounding.
    tolerance = 1 if (kind, extra) == ("u1", 1) else 0
    assert np.abs(np.moveaxis(image.pixels, 0, 2).astype(float) - shown).max() <= tolerance
    assert "alpha" in image.steps[0]


def test_floating_point_ranges(tiff: Callable[..., bytes]) -> None:
    pixels = (random("f4", 1) * 900 - 100).astype(np.float32)
    own = read(tiff(pixels, BLACK_IS_ZERO))
    assert (own.low, own.high) == (pixels.min(), pixels.max()) and "no declared range" in own.steps[0]
    limits = {340: ("f", (-1000.0,)), 341: ("f", (1000.0,))}
    declared = read(tiff(pixels, BLACK_IS_ZERO, extra=limits))
    assert (declared.low, declared.high) == (-1000.0, 1000.0)
    for bad in (np.nan, np.inf):
        broken = pixels.copy()
        broken[1, 1] = bad
        with pytest.raises(ReaderError, match="finite"):
            read(tiff(broken, BLACK_IS_ZERO))


@pytest.mark.parametrize("kind", ["u1", "u2"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(tiff: Callable[..., bytes], kind: str, orientation: int) -> None:
    pixels = np.arange(6, dtype=kind).reshape(2, 3, 1)
    image = read(tiff(pixels, BLACK_IS_ZERO, extra={274: ("H", (orientation,))}))
    flat = pixels[:, :, 0]
    upright = [
        flat, flat[:, ::-1], flat[::-1, ::-1], flat[::-1], flat.T, np.rot90(flat, -1), flat[::-1, ::-1].T,
        np.rot90(flat, 1),
    ]  # fmt: skip
    np.testing.assert_array_equal(image.pixels[0], upright[orientation - 1])
    assert len(image.steps) == (orientation != 1)


def test_pages_are_members() -> None:
    pages = [PillowImage.fromarray(np.full((3, 4), 1000 + page, np.uint16)) for page in range(3)]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    data = buffer.getvalue()
    assert count_pages(data) == 3
    assert [int(read(data, str(page)).pixels.max()) for page in range(3)] == [1000, 1001, 1002]
    for member in ("", "3", "x", "-1"):
        with pytest.raises(ReaderError):
            read(data, member)


def test_small_depths() -> None:
    pixels = np.random.default_rng(0).random((9, 11)) > 0.5
    buffer = io.BytesIO()
    PillowImage.fromarray(pixels).save(buffer, "TIFF", compression="group4")
    image = read(buffer.getvalue())
    np.testing.assert_array_equal(image.pixels[0], pixels)
    assert image.high == 1.0


def test_budget_and_missing_pages(tiff: Callable[..., bytes]) -> None:
    with pytest.raises(ReaderError, match="declares"):
        read(tiff(random("u2", 1), BLACK_IS_ZERO), max_pixels=34)
    with pytest.raises(ReaderError, match="no picture"):
        read(b"II*\0\0\0\0\0")
    with pytest.raises(ReaderError, match="cut off"):
        read(b"II*\0\xff\0\0\0")
    with pytest.raises(ReaderError, match="colour kind 5"):
        read(tiff(random("u2", 4), 5))
