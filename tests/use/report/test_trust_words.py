"""Sentences say what the numbers say, and say when they are none."""

from __future__ import annotations

import pytest

from medgraft.use.report.trust_words import recalibration_sentences, trust_sentences


def estimate(value, low=0.8, high=1.0, n=50):
    return {"value": value, "low": low, "high": high, "n": n, "n_patients": None}


def error(ece, *, beyond):
    return {"ece": ece, "debiased": 0.01, "null_low": 0.04, "null_high": 0.1, "beyond_chance": beyond}


def told(entry, learnt=None):
    return " ".join(trust_sentences(learnt or {}, "test", entry))


def test_the_gate():
    refused = {"gate": {"refused": estimate(0.02, 0.01, 0.05, 200)}}
    assert "2.0 % (1.0 % to 5.0 %) of 200 cases were refused" in told(refused)
    assert "trained network" in told(refused, {"gate": {"features": "tuned", "detectors": ["knn"], "patients": 60}})
    none = told({"gate": None}, {"gate": {"features": "frozen", "detectors": [], "patients": 12}})
    assert "Nothing is refused: 12 patients" in none


@pytest.mark.parametrize(("beyond", "words"), [(True, "more than chance"), (False, "no more than chance")])
def test_calibration(beyond, words):
    sentence = told({"calibration": error(0.07, beyond=beyond)})
    assert f"0.070: {words}, because" in sentence and "0.040 to 0.100" in sentence


def test_which_calibrator():
    entry = {"calibration": error(0.07, beyond=False)}
    assert "temperature scaling" in told(entry, {"calibrator": {"chosen": "temperature"}, "learnt_from": "cv"})
    assert "would not have helped" in told(entry, {"calibrator": {"chosen": "none"}, "learnt_from": "cv"})
    assert "too few errors" in told(entry, {"calibrator": None, "learnt_from": "cv"})


def test_sets_selection_and_decision():
    sets = {
        "alpha": 0.1,
        "coverage": estimate(0.92),
        "single": estimate(0.8),
        "empty": estimate(0.0),
        "mean_size": 1.2,
        "by_bound": [{"band": [0.83, 0.97]}],
    }
    assert "in 90 % of cases, and did in 92.0 % (80.0 % to 100.0 %); chance allows 83.0 % to 97.0 %" in told(
        {"sets": sets}
    )
    curve = {"coverage": [0.1, 0.55, 1.0], "risk": [0.0, 0.05, 0.2]}
    assert "surest 55 % of the cases 5.0 % of the answers are wrong, among all 20.0 %" in told({"selective": curve})
    useful = {"thresholds": [0.1, 0.2, 0.3], "gain": {"low": [-0.1, 0.01, 0.02]}, "prevalence": 0.3}
    assert "between 20 % and 30 %" in told({"decision": useful})
    useless = {**useful, "gain": {"low": [-0.1, None, 0.0]}}
    assert "At no threshold" in told({"decision": useless})


def test_costs_of_errors():
    expected = {**estimate(0.31, 0.2, 0.44), "threshold": 0.12, "threshold_from": "cv"}
    costs = {"miss": 10.0, "false_alarm": 1.0, "prevalence": 0.3, "expected": expected, "everybody": 0.7, "nobody": 3.0}
    sentence = told({"costs": costs})
    assert "A miss is said to cost 10 and a false alarm 1: the cut 0.120 was" in sentence
    assert "the cheapest in cross-validation" in sentence
    assert "costs 0.310 (0.200 to 0.440)" in sentence and "everybody would cost 0.700, nobody 3.000" in sentence


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.2, -0.1, "better"), (0.1, 0.2, "worse"), (-0.1, 0.1, "no difference beyond chance")],
)
def test_recalibration(low, high, verdict):
    score = {"before": 0.4, "after": 0.3, "difference": estimate(-0.1, low, high, 80)}
    errors = {"before": error(0.2, beyond=True), "after": error(0.1, beyond=False)}
    found = {"from": "labels", "cases": 50, "patients": 40, "brier": score, "calibration": errors}
    (sentence,) = recalibration_sentences(found)
    assert "50 cases of 40 patients, judged on 80 others" in sentence and f"): {verdict}. Calibration" in sentence
    assert "prevalence of 5.0 %" in recalibration_sentences({**found, "from": "prevalence", "prevalence": 0.05})[0]
    assert recalibration_sentences(None) == []
