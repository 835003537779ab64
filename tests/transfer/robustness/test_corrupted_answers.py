"""Each case is asked for as it is and at every severity, by its own draws."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.transfer.robustness.corrupted_answers import CorruptedAnswers, corrupted_answers
from medgraft.transfer.robustness.corruptions.corruption import corrupt
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.pixel_feed import PixelFeed

PICTURES = np.random.default_rng(0).random((7, 1, 12, 12), dtype=np.float32)
ROWS = np.array([4, 0, 6, 2, 5])
CASES = Examples(ROWS, ROWS % 2, np.ones(5), ROWS + 30, PixelFeed(lambda rows: PICTURES[rows]))


def answer(pixels):
    bright = pixels.mean(axis=(1, 2, 3)).astype(np.float64)
    return np.stack([1 - bright, bright], axis=1)


@pytest.mark.parametrize("batch_size", [2, 64])
def test_answers_are_those_to_the_spoilt_pictures(batch_size):
    found = corrupted_answers(answer, CASES, ("gaussian-noise", "gamma-up"), seed=4, batch_size=batch_size)
    np.testing.assert_array_equal(found.clean, answer(PICTURES[ROWS]))
    assert list(found.spoilt) == ["gaussian-noise", "gamma-up"]
    for name, values in found.spoilt.items():
        assert values.shape == (5, 5, 2)
        for severity in (1, 5):
            spoilt = [corrupt(name, PICTURES[row], severity, seed=4, index=int(row) + 30) for row in ROWS]
            np.testing.assert_allclose(values[severity - 1], answer(np.stack(spoilt)), atol=1e-7)


def test_the_curve_starts_with_the_clean_accuracy():
    clean = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    spoilt = np.repeat(clean[None], 5, axis=0)
    spoilt[3:, 0] = spoilt[3:, 0, ::-1]
    found = CorruptedAnswers(clean, {"jpeg": spoilt}).accuracy(np.array([0, 1, 1]))
    np.testing.assert_allclose(found["jpeg"], [2 / 3] * 4 + [1 / 3] * 2)


def test_no_case_and_no_such_corruption_are_refused():
    none = np.zeros(0, int)
    empty = Examples(none, none, np.zeros(0), none, CASES.feed)
    with pytest.raises(UsageError, match="no case"):
        corrupted_answers(answer, empty, ("jpeg",))
    with pytest.raises(UsageError, match="did you mean 'jpeg'"):
        corrupted_answers(answer, CASES, ("jpg",))
