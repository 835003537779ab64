"""Prior correction in closed form; recalibration from few cases of a shifted site; patients count once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss

from medgraft.errors import UsageError
from medgraft.measure.calibrating.new_site import prior_corrected, recalibrated


def test_prior_correction_multiplies_the_odds() -> None:
    mended = prior_corrected([0.5, 0.5], [0.9, 0.1])(np.array([[0.5, 0.5], [0.2, 0.8]]))
    assert mended[:, 1] == pytest.approx([0.1, (4 / 9) / (1 + 4 / 9)])
    several = prior_corrected([60, 30, 10], [20, 30, 50])(np.array([[0.6, 0.3, 0.1]]))
    assert several[0] == pytest.approx([0.2, 0.3, 0.5])


def test_prior_correction_against_bayes_rule() -> None:
    """Two normal classes: the posterior at one prevalence becomes the posterior at the other."""
    x = np.linspace(-3, 4, 50)

    def posterior(share: float) -> np.ndarray:
        p = expit(np.log(share / (1 - share)) + x - 0.5)
        return np.stack([1 - p, p], axis=1)

    assert prior_corrected([0.7, 0.3], [0.95, 0.05])(posterior(0.3)) == pytest.approx(posterior(0.05))


def _site(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A model that is twice too bold and says a disease of 15 % is one of a half."""
    random = np.random.default_rng(seed)
    truth = (random.random(n) < 0.15).astype(int)
    odds = random.normal(size=n) + 2 * truth - 1
    said = expit(2 * 2 * odds)
    return truth, np.stack([1 - said, said], axis=1)


def test_few_labelled_cases_help_and_more_help_more() -> None:
    truth, said = _site(5000, 99)
    losses = {
        k: np.mean([log_loss(truth, recalibrated(*_site(k, seed))(said)) for seed in range(15)]) for k in (20, 50, 100)
    }
    best = log_loss(truth, recalibrated(truth, said)(said))
    assert log_loss(truth, said) > losses[20] > losses[50] > losses[100] > best
    assert losses[100] - best < 0.1 * (log_loss(truth, said) - best)


def test_the_cases_of_a_patient_count_as_one() -> None:
    truth, said = _site(30, 5)
    copies = np.repeat(np.arange(30), 6)
    alone, copied = recalibrated(truth, said), recalibrated(truth[copies], said[copies], groups=copies)
    assert (copied.slope, *copied.shifts) == pytest.approx((alone.slope, *alone.shifts), abs=1e-6)


@pytest.mark.parametrize(
    ("before", "after"), [([0.5, 0.5], [1.0, 0.0]), ([1.0], [1.0]), ([1, 2], [1, 2, 3]), ([1, np.nan], [1, 1])]
)
def test_shares_that_do_not_fit_are_refused(before, after) -> None:
    with pytest.raises(UsageError, match="above 0 a class"):
        prior_corrected(before, after)
