"""The plane by scikit-learn's PCA, and its signs."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from medgraft.measure.shift.plane import Plane, plane
from medgraft.measure.shift.sides import Sides


@pytest.mark.parametrize("width", [5, 90])
def test_as_scikit_learn_does(width: int) -> None:
    random = np.random.default_rng(0)
    first = random.normal(size=(20, width)) + random.normal(size=(20, 1))
    sides = Sides.of(first, random.normal(size=(30, width)) - 0.5)
    found = plane(sides)
    expected = PCA(2, svd_solver="full").fit_transform(sides.standardised)
    assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-6)
    assert (found[20:].mean(axis=0) >= found[:20].mean(axis=0)).all()


def test_pictures_that_are_all_the_same_lie_in_one_place() -> None:
    assert plane(Sides.of(np.ones((8, 3)), np.ones((9, 3)))) == pytest.approx(0.0)


def test_other_rows_are_drawn_in_the_plane_that_was_fitted_once() -> None:
    random = np.random.default_rng(1)
    sides = Sides.of(random.normal(size=(20, 6)), random.normal(size=(30, 6)) + 1.0)
    fitted = Plane.of(sides)
    assert fitted.places(sides.features) == pytest.approx(plane(sides))
    step = np.zeros(6)
    step[2] = 1.0
    moved = fitted.places(sides.features + step) - plane(sides)
    assert moved == pytest.approx(np.tile(fitted.axes[2] / fitted.scale[2], (50, 1)))
