"""Deletion and insertion: a map that knows falls and rises faster than one turned round; the ends are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from medgraft.insight.explanation.scoring.deletion import perturbation_curves


class Sum:
    """Evidence: the sum of a square, less a constant."""

    no_gradient = ""

    def evidence(self, pixels, target):
        return 0.5 * (pixels[:, 0, 4:8, 4:8].astype(np.float64).sum(axis=(1, 2)) - 10)


@pytest.fixture
def picture():
    pixels = np.zeros((1, 1, 24, 24), np.float32)
    pixels[0, 0, 4:8, 4:8] = 1
    return pixels


def test_ends_and_areas(picture):
    knows = picture[0, 0]
    found, turned = (perturbation_curves(Sum(), picture, heat, 1) for heat in (knows, -knows))
    whole = expit(Sum().evidence(picture, 1))[0]
    assert found.deletion[0] == pytest.approx(whole)
    assert found.insertion[-1] == pytest.approx(whole)
    assert found.deletion[-1] == pytest.approx(found.insertion[0])
    assert found.share[0] == 0
    assert found.share[-1] == 1
    assert found.deletion_area < turned.deletion_area
    assert found.insertion_area > turned.insertion_area


def test_the_area_of_a_constant_answer_is_that_answer(picture):
    flat = np.full_like(picture, 0.5)
    found = perturbation_curves(Sum(), flat, np.zeros((24, 24), np.float32), 1, steps=4)
    assert len(found.share) == 5
    assert found.deletion_area == pytest.approx(expit(Sum().evidence(flat, 1))[0], rel=1e-3)
