"""No map leaves what is said."""

from __future__ import annotations

import numpy as np

from medgraft.measure.calibrating.none import Uncalibrated


def test_what_is_said_stays() -> None:
    said = np.array([[0.25, 0.75], [1.0, 0.0]])
    assert (Uncalibrated.fit(np.array([0, 1]), said)(said) == said).all()
    assert Uncalibrated().parameters() == {}
