"""APS and RAPS by hand."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.conformal.aps import APS, RAPS

SAID = np.array([[0.1, 0.6, 0.25, 0.05]])


def test_by_hand() -> None:
    assert APS(SAID)[0] == pytest.approx([0.95, 0.6, 0.85, 1.0])
    assert RAPS(SAID)[0] == pytest.approx([1.05, 0.6, 0.85, 1.2])
