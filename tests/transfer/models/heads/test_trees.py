"""Trees by hand, and trees that would never end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.errors import ArtifactError
from medgraft.transfer.models.heads.trees import Trees


def stump(threshold=1.0, axis=1):
    """One question; left −2, right +3, for class 1."""
    return Trees(
        np.array([[axis, -1, -1]]),
        np.array([[threshold, 0, 0]], np.float32),
        np.array([[1, -1, -1]]),
        np.array([[2, -1, -1]]),
        np.array([[0.0, -2.0, 3.0]]),
        np.array([1]),
    )


def test_a_case_on_the_threshold_goes_left():
    coordinates = np.array([[9.0, 0.5], [9.0, 1.0], [-9.0, 1.5]])
    np.testing.assert_array_equal(stump().scores(coordinates, 2), [[0, -2], [0, -2], [0, 3]])


def test_no_tree_gives_zeros():
    np.testing.assert_array_equal(stump().first(0).scores(np.zeros((2, 2)), 3), np.zeros((2, 3)))


@pytest.mark.parametrize(
    "change",
    [
        {"left": np.array([[0, -1, -1]])},
        {"right": np.array([[3, -1, -1]])},
        {"axis": np.array([[2, -1, -1]])},
        {"output": np.array([2])},
        {"value": np.zeros((1, 2))},
    ],
    ids=["a circle", "outside", "no such axis", "no such class", "shape"],
)
def test_damaged_trees_are_refused(change):
    stump().check(2, 2)
    with pytest.raises(ArtifactError, match="do not fit"):
        replace(stump(), **change).check(2, 2)
