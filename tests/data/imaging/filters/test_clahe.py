"""Local contrast rises where it was low."""

from __future__ import annotations

import numpy as np

from medgraft.data.imaging.filters.clahe import Clahe


def test_a_faint_pattern_gets_stronger() -> None:
    faint = 0.5 + 0.02 * (np.indices((64, 64)).sum(0) // 4 % 2)
    found = Clahe(clip_limit=0.05).apply(faint[None].astype(np.float32))
    assert found.std() > 3 * faint.std()
