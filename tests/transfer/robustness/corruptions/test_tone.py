"""Tones by their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.transfer.robustness.corruptions.corruption import CORRUPTIONS
from medgraft.transfer.robustness.corruptions.tone import BUILT_IN

PIXELS = np.random.default_rng(0).uniform(0.3, 0.6, (3, 8, 8)).astype(np.float32)


@pytest.mark.parametrize("member", BUILT_IN, ids=lambda one: one.name)
def test_by_hand_and_one_tone_for_all_channels(member):
    level = member.levels[2]
    kind = member.name.partition("-")[0]
    expected = {
        "brightness": lambda: PIXELS * level,
        "contrast": lambda: PIXELS.mean() + level * (PIXELS - PIXELS.mean()),
        "gamma": lambda: PIXELS**level,
    }[kind]()
    np.testing.assert_allclose(CORRUPTIONS.get(member.name)(PIXELS, 3, np.random.default_rng(0)), expected, atol=1e-6)
