"""A planted temperature is found; the log loss has its minimum there; the ranking stays."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.metrics import log_loss

from medgraft.measure.calibrating.temperature import LIMIT, Temperature


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("planted", [0.5, 1.0, 2.5])
def test_a_planted_temperature_is_recovered(classes: int, planted: float) -> None:
    random = np.random.default_rng(7)
    logits = 1.5 * random.normal(size=(12_000, classes))
    true = softmax(logits, axis=1)
    truth = (true.cumsum(axis=1) > random.random((len(true), 1))).argmax(axis=1)
    fitted = Temperature.fit(truth, softmax(planted * logits, axis=1))
    assert fitted.temperature == pytest.approx(planted, rel=0.06)
    assert Temperature(planted)(softmax(planted * logits, axis=1)) == pytest.approx(true, abs=1e-9)


def test_the_log_loss_is_lowest_there(draw_cases) -> None:
    truth, said = draw_cases(0, n=120, k=3)
    found = minimize_scalar(
        lambda log_t: log_loss(truth, Temperature(float(np.exp(log_t)))(said)), bounds=(-3, 3), method="bounded"
    )
    assert Temperature.fit(truth, said).temperature == pytest.approx(float(np.exp(found.x)), rel=1e-3)


def test_it_ends_at_its_limits_and_keeps_the_ranking(draw_cases) -> None:
    said = np.array([[0.8, 0.2], [0.4, 0.6]])
    assert Temperature.fit(np.array([0, 1]), said).temperature == 1 / LIMIT
    assert Temperature.fit(np.array([1, 0]), said).temperature == LIMIT
    truth, many = draw_cases(4, k=4)
    mended = Temperature.fit(truth, many)(many)
    assert (np.argsort(mended, axis=1) == np.argsort(many, axis=1)).all()
    with pytest.raises(ValueError, match="above 0"):
        Temperature(0.0)
