"""What a few pictures have in common, from the cache where it is known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as PillowImage

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.source.embedding.embed import Picture, embed
from medgraft.source.embedding.sampling import sampled
from medgraft.types import Modality, Unit

PREPROCESSING = Preprocessing(size=32, channels=3)


def test_grey_or_rgb(pictures, job, tmp_path):
    grey = []
    for number in range(3):
        PillowImage.fromarray(np.full((8, 8), number, np.uint8)).save(tmp_path / f"grey{number}.png")
        grey.append(Picture(tmp_path / f"grey{number}.png", "", f"grey-{number}"))
    assert sampled(grey, job.home, ImageReader()).channels == 1
    assert sampled(pictures, job.home, ImageReader()).channels == 3
    assert sampled([*grey, pictures[0]], job.home, ImageReader()).channels == 3


def test_grey_or_rgb_is_asked_of_the_cache_first(pictures, job, monkeypatch):
    embed(pictures, job, PREPROCESSING, reader=ImageReader())
    monkeypatch.setattr(ImageReader, "read", lambda *_: pytest.fail("a picture was read"))
    assert sampled(pictures, job.home, ImageReader()).channels == 3


def test_grey_stored_as_rgb_is_grey_from_the_file_and_from_the_cache_alike(job, tmp_path):
    plane = np.random.default_rng(0).integers(0, 256, (20, 20), dtype=np.uint8)
    PillowImage.fromarray(np.stack([plane] * 3, axis=-1)).save(tmp_path / "grey.png")
    grey = [Picture(tmp_path / "grey.png", "", "grey as rgb")]
    before = sampled(grey, job.home, ImageReader()).channels
    embed(grey, job, PREPROCESSING, reader=ImageReader())
    assert sampled(grey, job.home, ImageReader()).channels == before


def test_what_cannot_be_read_has_no_say_in_grey_or_rgb(pictures, job, tmp_path):
    bad = Picture(tmp_path / "absent.png", "", "absent")
    assert sampled([bad, *pictures], job.home, ImageReader()).channels == 3
    assert sampled([bad], job.home, ImageReader()).channels == 1
    assert sampled([], job.home, ImageReader()).channels == 1


def test_modality_and_unit_are_those_that_all_share(job, tmp_path):
    from medgraft.data.phantom.twins.grey import grey_twins

    twin = next(grey_twins())
    (tmp_path / "ct.dcm").write_bytes(twin.data)
    PillowImage.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "grey.png")
    film, other = (Picture(tmp_path / name, "", name) for name in ("ct.dcm", "grey.png"))
    found = sampled([film, film], job.home, ImageReader())
    assert (found.modality, found.unit) == (Modality.CT, Unit.HU)
    mixed = sampled([film, other], job.home, ImageReader())
    assert (mixed.modality, mixed.unit) == (Modality.UNKNOWN, Unit.STORED)
