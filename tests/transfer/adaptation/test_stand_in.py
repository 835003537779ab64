"""What lies between two sites is found where it is one of the changes, and not where it is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medgraft.transfer.adaptation.acquisition import Step, acquired
from medgraft.transfer.adaptation.stand_in import StandIn, find_stand_in

CASES = 160
"""Of each site, two a patient."""


class Pictures:
    """Blobs in grain, and a network that sees brightness, contrast, edges and grain. It counts what it is asked."""

    def __init__(self, seed, turned=False):
        rng = np.random.default_rng(seed)
        coarse = ndimage.gaussian_filter(rng.normal(size=(CASES, 32, 32)), (0, 4, 2 if turned else 4))
        fine = ndimage.gaussian_filter(rng.normal(size=(CASES, 32, 32)), (0, 0.8, 0.8))
        self.pixels = np.float32(1 / (1 + np.exp(-2 * coarse / coarse.std() - 0.6 * fine / fine.std())))[:, None]
        self.groups = np.arange(CASES) // 2
        self.asked = set()

    def features(self, rows, acquisition):
        self.asked |= set(rows.tolist())
        seen = [acquired(self.pixels[row], acquisition, seed=0, index=int(row))[0] for row in rows]
        return np.stack([self.describe(one) for one in seen])

    @staticmethod
    def describe(one):
        smooth = ndimage.gaussian_filter(one, 1.5)
        parts = [one.mean(), one.std(), (one - smooth).std(), np.abs(np.diff(one, axis=0)).mean()]
        parts += [np.abs(np.diff(smooth, axis=0)).mean(), np.abs(np.diff(smooth, axis=1)).mean(), smooth.max()]
        return np.float32(parts)


def found_between(acquisition, *, turned=False, seed=0):
    here, there = Pictures(seed), Pictures(seed + 100, turned)
    rows = np.arange(CASES)
    target = there.features(rows, acquisition)
    source = here.features(rows, ())
    here.asked.clear()
    return find_stand_in(source, here.groups, target, here, seed=seed), here, source


@pytest.mark.parametrize(
    "acquisition",
    [(Step("gaussian-blur", 5),), (Step("gaussian-noise", 4),), (Step("negative", 1), Step("gamma-up", 5))],
    ids=str,
)
def test_a_change_of_acquisition_is_found_and_explains_the_difference(acquisition):
    stand_in, pictures, source = found_between(acquisition)
    assert stand_in.serves
    assert stand_in.explained > 0.8
    assert stand_in.features.shape == source.shape
    np.testing.assert_allclose(stand_in.features, pictures.features(np.arange(CASES), stand_in.acquisition))
    if len(acquisition) == 1:
        assert stand_in.acquisition[0].kind in {acquisition[0].kind, "shot-noise", "speckle-noise", "pixelate"}
    else:
        assert stand_in.acquisition[0].kind in {"negative", "gamma-up", "gamma-down"}


def test_what_differs_in_the_patients_is_not_explained():
    stand_in, _, _ = found_between((), turned=True)
    assert not stand_in.serves


def test_it_is_the_same_each_time_and_takes_some():
    one, two = (found_between((Step("gaussian-blur", 4),))[0] for _ in range(2))
    np.testing.assert_array_equal(one.features, two.features)
    assert (one.acquisition, one.before, one.after) == (two.acquisition, two.before, two.after)
    part = one.take(np.array([3, 1]))
    np.testing.assert_array_equal(part.features, one.features[[3, 1]])
    assert part.facts() == one.facts()


def test_nothing_to_explain_explains_nothing():
    rows = np.zeros((4, 2), np.float32)
    assert StandIn(rows, (), 0.0, 0.0).explained == 0
    assert not StandIn(rows, (), 1.0, 0.1).serves
    assert StandIn(rows, (Step("jpeg", 1),), 1.0, 0.1).explained == pytest.approx(0.9)
    assert StandIn(rows, (Step("jpeg", 1),), 1.0, 2.0).explained == 0
