"""Changes one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.acquisition import KINDS, NEGATIVE, Step, acquired, levels_of, told
from medgraft.transfer.robustness.corruptions.corruption import corrupt

PIXELS = np.random.default_rng(0).uniform(0.1, 0.9, (1, 24, 24)).astype(np.float32)


def test_none_is_the_picture_as_it_is_and_the_negative_undoes_itself():
    assert acquired(PIXELS, (), seed=0, index=0) is PIXELS
    np.testing.assert_array_equal(acquired(PIXELS, (Step(NEGATIVE, 1),), seed=0, index=0), 1 - PIXELS)


def test_steps_follow_in_their_order():
    darker, less = Step("gamma-up", 5), Step("contrast-down", 5)
    one = acquired(PIXELS, (darker, less), seed=0, index=0)
    first = corrupt("gamma-up", PIXELS, 5, seed=0, index=0)
    np.testing.assert_allclose(one, corrupt("contrast-down", first, 5, seed=0, index=0))
    assert not np.allclose(one, acquired(PIXELS, (less, darker), seed=0, index=0))


def test_grain_is_of_the_seed_the_place_and_the_case():
    noise = Step("gaussian-noise", 3)
    found = acquired(PIXELS, (noise,), seed=1, index=2)
    np.testing.assert_array_equal(found, acquired(PIXELS, (noise,), seed=1, index=2))
    for seed, index in ((0, 2), (1, 3)):
        assert not np.array_equal(found, acquired(PIXELS, (noise,), seed=seed, index=index))
    twice = acquired(PIXELS, (noise, noise), seed=1, index=2) - found
    assert abs(np.corrcoef(twice.ravel(), (found - PIXELS).ravel())[0, 1]) < 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_changes_the_picture_and_is_told(kind):
    for level in levels_of(kind):
        found = acquired(PIXELS, (Step(kind, level),), seed=0, index=0)
        assert found.shape == PIXELS.shape and found.dtype == np.float32
        assert not np.array_equal(found, PIXELS)
    assert told((Step(kind, 1),))[0].startswith(kind)


@pytest.mark.parametrize(("kind", "severity"), [("fog", 1), (NEGATIVE, 2), ("jpeg", 0), ("jpeg", 6)])
def test_what_is_no_step_is_refused(kind, severity):
    with pytest.raises(UsageError, match="changing an acquisition"):
        Step(kind, severity)
