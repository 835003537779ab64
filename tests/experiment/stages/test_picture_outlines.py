"""Masks beside pictures go through the geometry of the preprocessing; what has none, or another size, has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.experiment.stages.picture_outlines import picture_outlines
from medgraft.source.embedding.embed import Picture


@pytest.fixture
def folder(tmp_path):
    """Pictures of 40 × 80; a mask of rows 10 to 20, columns 60 to 80 in each."""
    mask = np.zeros((40, 80), np.uint8)
    mask[10:20, 60:80] = 3  # a class id
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for stem, outline in {
        "good": mask,
        "clear": 0 * mask,
        "other-size": mask[:20],
        "thin": np.eye(40, 80, dtype=np.uint8),
    }.items():
        Image.fromarray(np.full((40, 80), 99, np.uint8)).save(tmp_path / "images" / f"{stem}.png")
        Image.fromarray(outline).save(tmp_path / "masks" / f"{stem}.png")
    Image.fromarray(mask).save(tmp_path / "images" / "alone.png")
    (tmp_path / "images" / "broken.png").write_bytes((tmp_path / "images" / "good.png").read_bytes())
    (tmp_path / "masks" / "broken.png").write_bytes(b"x")
    return tmp_path


def outline_of(folder: Path, stem: str, fit: str = "squash"):
    recipe = Preprocessing(size=20, channels=3, fit=fit)
    return picture_outlines([Picture(folder / "images" / f"{stem}.png", "", "")], recipe, ImageReader())[0]


def test_squashed(folder):
    expected = np.zeros((20, 20), bool)
    expected[5:10, 15:20] = True
    np.testing.assert_array_equal(outline_of(folder, "good"), expected)


def test_padded(folder):
    expected = np.zeros((20, 20), bool)
    expected[5 + 2 : 5 + 5, 15:20] = True
    found = outline_of(folder, "good", "pad")
    assert found.sum() == pytest.approx(expected.sum(), abs=5)
    assert not found[:7].any()
    assert not found[10:].any()
    assert not found[:, :15].any()


@pytest.mark.parametrize("stem", ["clear", "alone", "other-size", "broken"])
def test_none(folder, stem):
    assert outline_of(folder, stem) is None


def test_what_is_thinner_than_a_pixel_is_kept(folder):
    assert outline_of(folder, "thin").any()


def test_pictures_of_other_folders_have_none(folder):
    (folder / "images").rename(folder / "pictures")
    (found,) = picture_outlines(
        [Picture(folder / "pictures" / "good.png", "", "")], Preprocessing(size=20, channels=1), ImageReader()
    )
    assert found is None
