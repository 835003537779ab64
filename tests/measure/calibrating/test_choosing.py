"""The right kind is chosen where the fault is planted; few cases stay with the simplest; folds keep patients whole."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import log_loss

from medgraft.errors import DataError, UsageError
from medgraft.measure.calibrating.choosing import KINDS, choose_calibrator
from medgraft.measure.calibrating.temperature import Temperature


def _cases(n: int, seed: int, told=lambda p: p) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels of chances p, what is told of p, and folds."""
    random = np.random.default_rng(seed)
    p = expit(1.5 * random.normal(size=n))
    said = told(p)
    return (random.random(n) < p).astype(int), np.stack([1 - said, said], axis=1), np.arange(n) % 5


def test_the_planted_fault_is_named() -> None:
    kinds = {
        "none": choose_calibrator(*_cases(1500, 0)),
        "temperature": choose_calibrator(*_cases(1500, 0, lambda p: expit(3 * logit(p)))),
        "isotonic": choose_calibrator(*_cases(1500, 0, lambda p: 0.5 * p**3)),
    }
    assert {name: choice.calibrator.kind for name, choice in kinds.items()} == {name: name for name in KINDS}
    hot = kinds["temperature"].calibrator
    assert isinstance(hot, Temperature)
    assert hot.temperature == pytest.approx(3.0, rel=0.15)
    assert kinds["none"].to_dict()["chosen"] == "none"
    assert [trial.kind for trial in kinds["none"].trials] == list(KINDS)


def test_trials_are_out_of_fold(draw_cases) -> None:
    truth, said = draw_cases(2, n=60, k=3)
    fold = np.arange(60) % 4
    mended = np.empty_like(said)
    for one in range(4):
        mended[fold == one] = Temperature.fit(truth[fold != one], said[fold != one])(said[fold == one])
    trial = choose_calibrator(truth, said, fold).trials[1]
    assert trial.log_loss == pytest.approx(log_loss(truth, mended))
    assert trial.brier == pytest.approx(((mended - np.eye(3)[truth]) ** 2).sum(axis=1).mean())


def test_true_probabilities_are_mostly_left_alone() -> None:
    kept = [choose_calibrator(*_cases(60, seed)).calibrator.kind == "none" for seed in range(40)]
    assert np.mean(kept) >= 0.75


def test_copies_of_a_patient_are_no_further_proof() -> None:
    """A difference that is one and a half standard errors of the cases is not one when each is there nine times."""
    truth, said, fold = _cases(200, 3, lambda p: expit(1.25 * logit(p)))
    copies = np.repeat(np.arange(200), 9)
    alone = choose_calibrator(truth, said, fold)
    copied = choose_calibrator(truth[copies], said[copies], fold[copies], groups=copies)
    assert copied.calibrator.kind == alone.calibrator.kind
    assert copied.trials[1].log_loss == pytest.approx(alone.trials[1].log_loss)


def test_what_does_not_fit_is_refused(draw_cases) -> None:
    truth, said = draw_cases(2, n=20)
    fold = np.arange(20) % 2
    with pytest.raises(UsageError, match="stand in two folds"):
        choose_calibrator(truth, said, fold, groups=np.arange(20) // 2)
    with pytest.raises(UsageError, match="one whole number a case"):
        choose_calibrator(truth, said, fold[:-1])
    with pytest.raises(UsageError, match="no kind is named"):
        choose_calibrator(truth, said, fold, kinds=())
    with pytest.raises(UsageError, match="did you mean 'isotonic'"):
        choose_calibrator(truth, said, fold, kinds=["isotonik"])
    with pytest.raises(DataError, match="1 classes"):
        choose_calibrator(np.zeros(20, int), said, fold)
    with pytest.raises(DataError, match="1 folds"):
        choose_calibrator(truth, said, np.zeros(20, int))
