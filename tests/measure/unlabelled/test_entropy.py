"""Entropy by scipy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from medgraft.measure.unlabelled.entropy import ENTROPY, entropies


def test_against_scipy() -> None:
    chances = np.random.default_rng(0).dirichlet(np.ones(4), 20)
    chances[0] = [1, 0, 0, 0]
    assert entropies(chances) == pytest.approx(entropy(chances, axis=1))


def test_by_hand(evidence) -> None:
    assert ENTROPY(evidence([0.9, 0.1], [1, 0], [0.5, 1.0])) == pytest.approx(-np.log(2) / 2)
    assert ENTROPY(evidence([0.9, 0.1], [1, 0], [1.0, 1.0])) == 0.0, "a collapse is what it likes best"
