"""A planted field is taken out."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.data.imaging.filters.bias_field import BiasField


def test_a_planted_field_is_taken_out() -> None:
    pytest.importorskip("SimpleITK")
    rows, columns = np.indices((96, 96)) / 96
    tissue = np.where(np.hypot(rows - 0.5, columns - 0.5) < 0.45, 0.4, 0.0)
    tissue[40:56, 40:56] = 0.6
    biased = (tissue * (0.6 + 0.8 * columns)).astype(np.float32)
    found = BiasField().apply(biased[None])[0]
    inside = tissue == 0.4
    before, after = (picture[inside].std() / picture[inside].mean() for picture in (biased, found))
    assert after < 0.6 * before
