"""Pictures of masks give the stored numbers: grey, palette indices, equal channels; JPEG and colour are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as PillowImage

from medgraft.data.outlines.mask_raster import read_raster_mask
from medgraft.errors import ReaderError

MASK = np.array([[0, 1, 2], [2, 2, 0]], dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("masks")


WAYS = [(ending, how) for ending in ("png", "tif", "bmp") for how in ("grey", "palette", "rgb", "sixteen")]


@pytest.mark.parametrize(("ending", "how"), [way for way in WAYS if way != ("bmp", "sixteen")])
def test_every_way_to_store_it(tmp_path: Path, ending: str, how: str) -> None:
    picture = PillowImage.fromarray(MASK)
    if how == "palette":
        picture.putpalette([10, 20, 30, 200, 0, 0, 0, 0, 250])
    if how == "rgb":
        picture = PillowImage.fromarray(np.repeat(MASK[..., None], 3, axis=2))
    if how == "sixteen":
        picture = PillowImage.fromarray(MASK.astype(np.uint16))
    picture.save(tmp_path / f"a.{ending}")
    assert read_raster_mask(tmp_path / f"a.{ending}").tolist() == MASK.tolist()


def test_one_bit(tmp_path: Path) -> None:
    PillowImage.fromarray(MASK > 1).save(tmp_path / "a.png")
    assert read_raster_mask(tmp_path / "a.png").tolist() == (MASK > 1).tolist()


def test_a_jpeg_is_refused_with_the_reason(tmp_path: Path) -> None:
    PillowImage.fromarray(MASK * 127).save(tmp_path / "a.png", "JPEG", quality=100)
    with pytest.raises(ReaderError, match="invents values along every outline"):
        read_raster_mask(tmp_path / "a.png")


def test_colours_are_refused(tmp_path: Path) -> None:
    PillowImage.fromarray(np.stack([MASK, MASK, 2 - MASK], axis=2)).save(tmp_path / "a.png")
    with pytest.raises(ReaderError, match="save the number of the class"):
        read_raster_mask(tmp_path / "a.png")


def test_several_pages_and_no_picture_are_refused(tmp_path: Path) -> None:
    PillowImage.fromarray(MASK).save(tmp_path / "a.tif", save_all=True, append_images=[PillowImage.fromarray(MASK)])
    with pytest.raises(ReaderError, match="2 pictures"):
        read_raster_mask(tmp_path / "a.tif")
    (tmp_path / "a.png").write_text("no mask", "utf-8")
    with pytest.raises(ReaderError, match="no mask that can be read"):
        read_raster_mask(tmp_path / "a.png")


def test_a_damaged_palette_is_refused(tmp_path: Path) -> None:
    picture = PillowImage.fromarray(MASK)
    picture.putpalette([0, 0, 0, 255, 255, 255, 9, 9, 9])
    picture.save(tmp_path / "a.png")
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[data.index(b"IDAT") + 6] ^= 1
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(ReaderError, match="damaged"):
        read_raster_mask(tmp_path / "a.png")


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.booleans())
def test_any_label_map_goes_round(folder: Path, mask: np.ndarray, palette: bool) -> None:
    picture = PillowImage.fromarray(mask)
    if palette:
        picture.putpalette([(7 * value) % 256 for value in range(768)])
    picture.save(folder / "any.png")
    assert read_raster_mask(folder / "any.png").tolist() == mask.tolist()
