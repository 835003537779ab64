"""Entropy by hand."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.unlabelled.entropy import ENTROPY


def test_by_hand(evidence) -> None:
    assert ENTROPY(evidence([0.9, 0.1], [1, 0], [0.5, 1.0])) == pytest.approx(-np.log(2) / 2)
    assert ENTROPY(evidence([0.9, 0.1], [1, 0], [1.0, 1.0])) == 0.0, "a collapse is what it likes best"
