"""Lesions keep their numbers: where they stay, move, break up, grow together, go and come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.use.clinical.lesion_matching import match_lesions

PLAIN = np.diag([2.0, 1.0, 1.0])


def boxes(*corners: tuple[int, int], size: int = 4) -> np.ndarray:
    mask = np.zeros((40, 60), bool)
    for row, column in corners:
        mask[row : row + size, column : column + size] = True
    return mask


def at(numbered: np.ndarray, row: int, column: int) -> int:
    return int(numbered[row, column])


def test_lesions_that_stay():
    found = match_lesions([boxes((2, 2), (20, 30)), boxes((3, 3), (21, 29))], [PLAIN] * 2, gate_mm=20)
    assert found.count == 2 and found.merged == ()
    for row, column in ((4, 4), (22, 31)):
        assert at(found.numbered[0], row, column) == at(found.numbered[1], row, column) > 0


def test_the_nearest_within_the_gate():
    """The second moved by 6 rows of 2 mm: 12 mm."""
    masks = [boxes((2, 2), (20, 30)), boxes((2, 2), (26, 30))]
    assert match_lesions(masks, [PLAIN] * 2, gate_mm=12.5).count == 2
    far = match_lesions(masks, [PLAIN] * 2, gate_mm=11.5)
    assert far.count == 3 and at(far.numbered[1], 27, 31) == 3


def test_distances_are_least_together():
    """Each alone would take the one between; together none is lost."""
    masks = [boxes((0, 10), (0, 20), size=3), boxes((0, 15), (0, 26), size=3)]
    found = match_lesions(masks, [np.diag([1.0, 1.0, 1.0])] * 2, gate_mm=9)
    assert (at(found.numbered[1], 1, 16), at(found.numbered[1], 1, 27)) == (1, 2)


def test_breaking_up_and_growing_together():
    whole = np.zeros((40, 60), bool)
    whole[2:8, 2:20] = True
    broken = whole.copy()
    broken[:, 9:11] = False
    apart = match_lesions([whole, broken], [PLAIN] * 2, gate_mm=20)
    assert apart.count == 1 and at(apart.numbered[1], 3, 3) == at(apart.numbered[1], 3, 15) == 1
    together = match_lesions([broken, whole, broken], [PLAIN] * 3, gate_mm=20)
    assert together.merged == ((1, 1, 2),), "it is the one that it shares more with"
    assert set(np.unique(together.numbered[1])) == {0, 2}
    assert (at(together.numbered[2], 3, 3), at(together.numbered[2], 3, 15)) == (1, 2)


def test_gone_and_back():
    found = match_lesions([boxes((2, 2)), boxes(), boxes((3, 2))], [PLAIN] * 3, gate_mm=5)
    assert [sorted(set(np.unique(one)) - {0}) for one in found.numbered] == [[1], [], [1]]


def test_new_lesions_have_new_numbers():
    found = match_lesions([boxes((2, 2)), boxes((2, 2), (30, 50))], [PLAIN] * 2, gate_mm=20)
    assert (at(found.numbered[1], 3, 3), at(found.numbered[1], 31, 51)) == (1, 2)


def test_places_in_the_patient_decide_not_indices(ball, oblique):
    """The second study has another spacing, another order of axes and another origin."""
    first = ball((20, 40, 80), (3.0, 1.0, 0.5), (20.0, 12.0, 12.0), 6.0)
    first |= ball((20, 40, 80), (3.0, 1.0, 0.5), (40.0, 28.0, 28.0), 5.0)
    affine = oblique((3.0, 1.0, 0.5))
    fine = affine @ np.diag([0.5, 0.5, 2.0, 1.0])
    fine[:3, 3] = (affine @ [4, -3, 10, 1])[:3]
    index = np.stack(np.indices((30, 90, 30)), axis=-1).reshape(-1, 3)
    mm = index @ fine[:3, :3].T + fine[:3, 3]
    place = np.rint((mm - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T).astype(int)
    inside = ((place >= 0) & (place < first.shape)).all(axis=1)
    second = np.zeros(len(index), bool)
    second[inside] = first[tuple(place[inside].T)]
    second = second.reshape(30, 90, 30)
    turned, there = np.transpose(second, (2, 0, 1)), fine[:, [2, 0, 1, 3]]
    found = match_lesions([first, turned], [affine, there], gate_mm=0)
    assert found.count == 2
    for lesion in (1, 2):
        centres = []
        for numbered, own in zip(found.numbered, (affine, there), strict=True):
            middle = np.argwhere(numbered == lesion).mean(axis=0)
            centres.append(own[:3, :3] @ middle + own[:3, 3])
        assert centres[0] == pytest.approx(centres[1], abs=1.5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), min_size=1, max_size=8, unique=True), st.data())
def test_nothing_is_lost(corners, data):
    """Every voxel keeps a number, in both studies, and numbers run from 1 without a gap."""
    second = data.draw(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=8, unique=True))
    masks = [boxes(*[(5 * row, 6 * column) for row, column in drawn]) for drawn in (corners, second)]
    found = match_lesions(masks, [PLAIN] * 2, gate_mm=15)
    for mask, numbered in zip(masks, found.numbered, strict=True):
        assert ((numbered > 0) == mask).all()
    seen = set(np.unique(found.numbered[0])) | set(np.unique(found.numbered[1]))
    assert seen - {0} == set(range(1, found.count + 1))
