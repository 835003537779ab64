"""Prepared pixels equal what the preprocessing gives, are decoded once while they fit, and each time beyond."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as PillowImage

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.source.embedding.embed import Picture
from medgraft.source.embedding.prepared import PooledPixels, PreparedPixels


class CountingReader(ImageReader):
    """Counts what is decoded."""

    def __init__(self):
        super().__init__()
        self.reads = 0

    def read(self, path, member=""):
        self.reads += 1
        return super().read(path, member)


@pytest.fixture
def pictures(tmp_path):
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 20), dtype=np.uint8)
        PillowImage.fromarray(pixels).save(tmp_path / f"{number}.png")
    return [Picture(tmp_path / f"{number}.png", "", str(number)) for number in range(4)]


@pytest.mark.parametrize(("limit", "reads"), [(10**6, 3), (10, 6)])
def test_rows_come_in_order_and_are_kept_while_they_fit(pictures, limit, reads):
    reader, preprocessing = CountingReader(), Preprocessing(size=16, channels=1)
    prepared = PreparedPixels(pictures, preprocessing, reader, limit=limit)
    rows = np.array([2, 0, 3])
    first, second = prepared(rows), prepared(rows)
    wanted = [preprocessing.apply(ImageReader().read(pictures[row].path)) for row in rows]
    np.testing.assert_array_equal(first, np.stack(wanted))
    np.testing.assert_array_equal(first, second)
    assert reader.reads == reads


def test_a_row_asked_for_twice_is_given_twice(pictures):
    prepared = PreparedPixels(pictures, Preprocessing(size=16, channels=3), ImageReader())
    twice = prepared(np.array([1, 1]))
    np.testing.assert_array_equal(twice[0], twice[1])


def test_what_cannot_be_read_is_told_and_the_others_are_kept(pictures, tmp_path):
    (tmp_path / "2.png").write_bytes(b"no picture")
    reader = CountingReader()
    prepared = PreparedPixels(pictures, Preprocessing(size=16, channels=1), reader)
    assert list(prepared.unreadable(np.arange(4))) == [2]
    before = reader.reads
    prepared(np.array([0, 1, 3]))
    assert reader.reads == before


def test_pooled_sets_keep_their_rows_and_their_order(pictures):
    grey = PreparedPixels(pictures, Preprocessing(size=16, channels=1), ImageReader())
    colour = PreparedPixels(pictures, Preprocessing(size=16, channels=3), ImageReader())
    alike = PooledPixels([(grey, np.array([3, 1])), (grey, np.array([0]))])
    np.testing.assert_array_equal(alike(np.array([2, 0, 1])), grey(np.array([0, 3, 1])))
    mixed = PooledPixels([(grey, np.array([3, 1])), (colour, np.array([2]))])(np.array([1, 2, 1]))
    np.testing.assert_array_equal(mixed[0], np.repeat(grey(np.array([1]))[0], 3, axis=0))
    np.testing.assert_array_equal(mixed[1], colour(np.array([2]))[0])
