"""A volume keeps every value and every place when its axes are brought in order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from medgraft.data.imaging.volume import Volume
from medgraft.errors import ReaderError


def oblique() -> np.ndarray:
    angle = 0.3
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([0.5, 0.75, 2.0])
    affine[:3, 3] = [3, -4, 5]
    return affine


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
def test_canonical_moves_no_value(axes: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).random((1, 3, 4, 5)).astype(np.float32)
    affine = oblique()[:, [*axes, 3]]
    volume = Volume(values, affine, 0, 1)
    found = volume.canonical()
    directions = found.affine[:3, :3] / np.linalg.norm(found.affine[:3, :3], axis=0)
    np.testing.assert_array_equal(np.abs(directions).argmax(axis=0), [2, 1, 0])
    assert directions[2, 0] > 0
    assert directions[1, 1] < 0
    assert directions[0, 2] < 0
    places = np.array(list(np.ndindex(*values.shape[1:])))
    before = {tuple(np.round(place, 6)): values[0][tuple(index)]
              for index, place in zip(places, volume.index_to_mm(places), strict=True)}  # fmt: skip
    after = np.array(list(np.ndindex(*found.values.shape[1:])))
    for index, place in zip(after, found.index_to_mm(after), strict=True):
        assert before[tuple(np.round(place, 6))] == found.values[0][tuple(index)]
    again = found.canonical()
    np.testing.assert_array_equal(again.values, found.values)


def test_spacing_and_slices() -> None:
    volume = Volume(np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4), np.diag([2.0, 0.5, 0.25, 1]), 0, 23)
    assert volume.spacing == (2, 0.5, 0.25)
    image = volume.plane(1)
    np.testing.assert_array_equal(image.pixels, volume.values[:, 1])
    assert image.spacing == (0.5, 0.25)
    assert image.steps == ("slice 2 of 2, 2 mm apart",)


def test_unknown_geometry_stays_unknown() -> None:
    volume = Volume(np.zeros((1, 2, 2, 2), np.float32), None, 0, 1)
    assert volume.canonical() is volume
    assert volume.spacing is None
    assert volume.plane(0).spacing is None
    with pytest.raises(ReaderError, match="unknown"):
        volume.index_to_mm(np.zeros((1, 3)))


@pytest.mark.parametrize("shape", [(2, 2, 2, 2), (2, 2, 2), (1, 0, 2, 2)])
def test_shapes_that_are_no_volume(shape: tuple[int, ...]) -> None:
    with pytest.raises(ReaderError, match="are needed"):
        Volume(np.zeros(shape, np.float32), None, 0, 1)


def test_an_affine_that_spans_no_space() -> None:
    with pytest.raises(ReaderError, match="span no space"):
        Volume(np.zeros((1, 2, 2, 2), np.float32), np.diag([1.0, 0, 1, 1]), 0, 1)
