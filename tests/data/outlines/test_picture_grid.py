"""The grid that a header tells is the one that decoding gives."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image as PillowImage

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import read_volume
from medgraft.data.outlines.grid import Grid
from medgraft.data.outlines.picture_grid import picture_grid


def shape_of(path: Path) -> tuple[int, ...] | None:
    grid = picture_grid(path)
    return None if grid is None else grid.shape


@pytest.mark.parametrize("turned", [1, 3, 6])
@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "bmp"])
def test_pictures_also_turned_ones(tmp_path: Path, ending: str, turned: int) -> None:
    path = tmp_path / f"a.{ending}"
    picture = PillowImage.fromarray(np.zeros((5, 9, 3), np.uint8))
    exif = PillowImage.Exif()
    exif[0x0112] = turned
    if ending == "bmp":
        picture.save(path)
    elif ending == "tif":
        picture.save(path, tiffinfo={0x0112: turned})
    else:
        picture.save(path, exif=exif)
    assert shape_of(path) == Grid.of(ImageReader().read(path)).shape


def test_an_orientation_behind_the_pixels_is_not_missed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    PillowImage.fromarray(np.zeros((5, 9), np.uint8)).save(path, exif=exif)
    data = path.read_bytes()
    start = data.index(b"eXIf") - 4
    chunk = data[start : start + 12 + int.from_bytes(data[start : start + 4], "big")]
    path.write_bytes(data.replace(chunk, b"").replace(data[-12:], chunk + data[-12:]))
    assert ImageReader().read(path).pixels.shape == (1, 9, 5)
    assert shape_of(path) in (None, (9, 5))


def test_volumes(tmp_path: Path, series: tuple[Path, list[object]]) -> None:
    nibabel.save(nibabel.Nifti1Image(np.zeros((3, 4, 5)), np.diag([1, 2, 3, 1.0])), tmp_path / "a.nii.gz")
    for path in (tmp_path / "a.nii.gz", series[0]):
        grid, like = picture_grid(path), Grid.of(read_volume(path, ImageReader().read))
        assert grid is not None
        assert grid.shape == like.shape
        assert grid.affine is not None
        assert like.affine is not None
        assert np.allclose(grid.affine, like.affine, atol=1e-9)


def test_one_slice_is_a_picture(series: tuple[Path, list[object]]) -> None:
    assert shape_of(next(series[0].iterdir())) == (12, 16)


def test_what_cannot_be_told_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("x", "utf-8")
    assert [shape_of(tmp_path / name) for name in ("a.png", "gone.png", ".")] == [None] * 3
