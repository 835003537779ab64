"""Where a scanner has another contrast, and what its labels may not do to it."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.transfer.adaptation.tent import Tent, TentConfig


@pytest.mark.parametrize("seed", [0, 1])
def test_it_helps_where_contrast_and_brightness_differ(scanners, seed):
    toy, _ = scanners(seed)
    done = Tent(TentConfig()).adapt(toy.pair)
    assert toy.accuracy(done.probability) > toy.accuracy(toy.pair.before) + 0.1
    assert toy.accuracy(done.probability) > 0.85
    assert done.collapsed is None
    assert np.isfinite(list(done.backbone_state["norm.running_var"])).all()
