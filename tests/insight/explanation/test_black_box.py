"""What can only be asked: log-odds of the head's answers, and no gradient."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from medgraft.errors import UsageError
from medgraft.insight.explanation.black_box import BlackBox


class Head:
    """Chance of class 1 is the first feature."""

    def answers(self, bags):
        return np.stack([1 - bags.rows[:, 0], bags.rows[:, 0]], axis=1)


@pytest.fixture
def box():
    return BlackBox(lambda pixels: pixels.mean(axis=(1, 2, 3))[:, None], Head(), "it is planted")


def test_log_odds(box):
    pixels = np.stack([np.full((1, 4, 4), value, np.float32) for value in (0.2, 0.5, 0.9)])
    np.testing.assert_allclose(expit(box.evidence(pixels, 1)), [0.2, 0.5, 0.9], rtol=1e-6)
    np.testing.assert_allclose(box.evidence(pixels, 0), -box.evidence(pixels, 1), atol=1e-6)


def test_certainty_is_finite(box):
    assert np.isfinite(box.evidence(np.stack([np.zeros((1, 4, 4)), np.ones((1, 4, 4))]).astype(np.float32), 1)).all()


@pytest.mark.parametrize("method", ["slopes", "readings"])
def test_no_gradient(box, method):
    assert box.no_gradient == "it is planted"
    with pytest.raises(UsageError, match="it is planted"):
        getattr(box, method)(np.zeros((1, 1, 4, 4), np.float32), 1)
