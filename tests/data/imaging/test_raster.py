"""JPEG and BMP, written by Pillow; PNG and TIFF have their own tests."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from medgraft.data.imaging.decoder import Encoded
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.raster import RasterDecoder
from medgraft.errors import ReaderError


def written(picture: PillowImage.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def read(data: bytes, max_pixels: int = 10**6, member: str = "") -> Image:
    return RasterDecoder().decode(Encoded(Path("x"), data, (0, 0), max_pixels), member)


def smooth(channels: int) -> np.ndarray:
    y, x = np.mgrid[0:40, 0:30]
    planes = [(x * 4 + y * (i + 1)) % 256 if i < 0 else np.clip(x * 3 + y * (i + 1), 0, 255) for i in range(channels)]
    return np.stack(planes, axis=2).astype(np.uint8)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_bmp(mode: str) -> None:
    picture = PillowImage.fromarray(smooth(3)).convert(mode)
    image = read(written(picture, "BMP"))
    if mode == "1":
        np.testing.assert_array_equal(image.pixels[0] > 0, np.asarray(picture))
    elif mode == "L":
        np.testing.assert_array_equal(image.pixels[0], np.asarray(picture))
    else:
        np.testing.assert_array_equal(np.moveaxis(image.pixels, 0, 2), np.asarray(picture.convert("RGB")))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg(mode: str) -> None:
    picture = PillowImage.fromarray(smooth(3)).convert(mode)
    data = written(picture, "JPEG", quality=98, subsampling=0)
    image = read(data)
    expected = np.asarray(picture.convert("RGB" if mode == "CMYK" else mode)).reshape(40, 30, -1)
    assert np.abs(np.moveaxis(image.pixels, 0, 2).astype(int) - expected).mean() < 3
    assert image.spacing is None and image.high == 255.0
    assert bool(image.steps) == (mode == "CMYK")


def test_jpeg_orientation_is_applied_and_recorded() -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = 8
    picture = PillowImage.fromarray(smooth(1)[:, :, 0])
    image = read(written(picture, "JPEG", quality=98, exif=exif))
    plain = read(written(picture, "JPEG", quality=98))
    np.testing.assert_array_equal(image.pixels[0], np.rot90(plain.pixels[0]))
    assert image.steps == ("EXIF orientation 8 applied",)


@pytest.mark.parametrize("kind", ["BMP", "JPEG", "PNG", "TIFF"])
def test_budget_and_members(kind: str) -> None:
    data = written(PillowImage.fromarray(smooth(1)[:, :, 0]), kind)
    assert RasterDecoder().members(Encoded(Path("x"), data, (0, 0), 10)) == [""]
    with pytest.raises(ReaderError, match="40 × 30"):
        read(data, max_pixels=1199)
    with pytest.raises(ReaderError, match="member"):
        read(data, member="0")
    assert read(data, max_pixels=1200).pixels.shape == (1, 40, 30)
