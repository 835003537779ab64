"""Mutual information by hand: sure and of both classes is the best, a collapse and ignorance are worth nothing."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.unlabelled.infomax import INFOMAX


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ([1.0, 0.0], np.log(2)),
        ([1.0, 1.0], 0.0),
        ([0.5, 0.5], 0.0),
        ([1.0, 0.0, 0.0, 0.0], -0.25 * np.log(0.25) - 0.75 * np.log(0.75)),
        ([0.5, 1.0], -0.25 * np.log(0.25) - 0.75 * np.log(0.75) - np.log(2) / 2),
    ],
)
def test_by_hand(evidence, target, value) -> None:
    assert INFOMAX(evidence([0.9, 0.1], [1, 0], target)) == pytest.approx(value)
