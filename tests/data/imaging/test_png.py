"""Every PNG depth and colour type, written from the specification, bit-exact."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medgraft.data.imaging.decoder import Encoded
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.png import read_png
from medgraft.errors import ReaderError

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, GREY_ALPHA: 2, RGB_ALPHA: 4}


def read(data: bytes, max_pixels: int = 10**6) -> Image:
    return read_png(Encoded(Path("x"), data, (0, 0), max_pixels)).image()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    case=st.sampled_from([(GREY, d) for d in (1, 2, 4, 8, 16)] + [(RGB, 8), (RGB, 16)]),
    rows=st.integers(1, 9), columns=st.integers(1, 9), seed=st.integers(0, 999),
)  # fmt: skip
def test_stored_values_come_back(
    png: Callable[..., bytes], case: tuple[int, int], rows: int, columns: int, seed: int
) -> None:
    colour, depth = case
    pixels = np.random.default_rng(seed).integers(0, 2**depth, (rows, columns, SAMPLES[colour]))
    image = read(png(pixels, colour, depth))
    np.testing.assert_array_equal(np.moveaxis(image.pixels, 0, 2), pixels)
    assert (image.low, image.high, image.steps) == (0.0, 2.0**depth - 1, ())
    assert image.pixels.dtype == (np.uint16 if depth == 16 else np.uint8)


@pytest.mark.parametrize("colour", [GREY_ALPHA, RGB_ALPHA])
@pytest.mark.parametrize("depth", [8, 16])
def test_alpha_is_composited_on_black(png: Callable[..., bytes], colour: int, depth: int) -> None:
    top = 2**depth - 1
    pixels = np.random.default_rng(0).integers(0, top + 1, (6, 5, SAMPLES[colour]))
    image = read(png(pixels, colour, depth))
    expected = np.floor(pixels[:, :, :-1] * (pixels[:, :, -1:] / top) + 0.5)
    assert np.abs(np.moveaxis(image.pixels, 0, 2) - expected).max() <= 0
    assert image.steps == ("alpha channel composited on black",)
    pixels[:, :, -1] = top
    opaque = read(png(pixels, colour, depth))
    np.testing.assert_array_equal(np.moveaxis(opaque.pixels, 0, 2), pixels[:, :, :-1])


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette(png: Callable[..., bytes], depth: int) -> None:
    rng = np.random.default_rng(depth)
    palette = rng.integers(0, 256, (2**depth, 3))
    pixels = rng.integers(0, 2**depth, (5, 7, 1))
    pixels[0, 0] = 0
    chunk = {b"PLTE": palette.astype(np.uint8).tobytes()}
    image = read(png(pixels, PALETTE, depth, chunk))
    np.testing.assert_array_equal(np.moveaxis(image.pixels, 0, 2), palette[pixels[:, :, 0]])
    clear = read(png(pixels, PALETTE, depth, {**chunk, b"tRNS": b"\0"}))
    palette[0] = 0
    np.testing.assert_array_equal(np.moveaxis(clear.pixels, 0, 2), palette[pixels[:, :, 0]])
    assert clear.steps == ("palette looked up", "alpha channel composited on black")


@pytest.mark.parametrize(("colour", "depth"), [(GREY, 2), (GREY, 8), (GREY, 16), (RGB, 8), (RGB, 16)])
def test_transparent_colour_becomes_black(png: Callable[..., bytes], colour: int, depth: int) -> None:
    pixels = np.random.default_rng(1).integers(1, 2**depth, (4, 4, SAMPLES[colour]))
    key = struct.pack(f">{SAMPLES[colour]}H", *pixels[2, 1])
    image = read(png(pixels, colour, depth, {b"tRNS": key}))
    pixels[(pixels == pixels[2, 1]).all(axis=2)] = 0
    np.testing.assert_array_equal(np.moveaxis(image.pixels, 0, 2), pixels)


def test_sbit_narrows_unscaled_values_only(png: Callable[..., bytes]) -> None:
    values = np.random.default_rng(0).integers(0, 4096, (20, 20, 1))
    unscaled = read(png(values, GREY, 16, {b"sBIT": b"\x0c"}))
    assert unscaled.high == 4095.0 and "sBIT" in unscaled.steps[0]
    for scaled in (values * 16, values * 16 + values // 256, np.rint(values * 65535 / 4095).astype(int)):
        for dark in (scaled, np.minimum(scaled, scaled.max() // 20 // 16 * 16)):
            assert read(png(dark, GREY, 16, {b"sBIT": b"\x0c"})).high == 65535.0
    assert read(png(values, GREY, 16)).high == 65535.0


def test_exif_orientation_is_applied(png: Callable[..., bytes]) -> None:
    exif = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0) + b"\0" * 4
    pixels = np.arange(6).reshape(2, 3, 1)
    image = read(png(pixels, GREY, 8, {b"eXIf": exif}))
    np.testing.assert_array_equal(image.pixels[0], np.rot90(pixels[:, :, 0], -1))
    assert image.steps == ("EXIF orientation 6 applied",)


def test_any_flipped_bit_is_noticed(png: Callable[..., bytes]) -> None:
    data = png(np.random.default_rng(0).integers(0, 65536, (8, 8, 1)), GREY, 16)
    for position in range(8, len(data)):
        broken = bytearray(data)
        broken[position] ^= 1 << position % 8
        with pytest.raises(ReaderError):
            read(bytes(broken))


def test_pixel_budget_is_checked_in_the_header(png: Callable[..., bytes]) -> None:
    data = bytearray(png(np.zeros((1, 1, 1)), GREY, 8))
    for extent in (100_000, 0):
        data[16:24] = struct.pack(">II", extent, extent)
        data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
        with pytest.raises(ReaderError, match="declares"):
            read(bytes(data))
