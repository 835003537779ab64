"""What is said of a part agrees with scikit-learn and hand counts; what the cases cannot tell is left out."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from medgraft.experiment.stages.trust_content import Answers, trust_content, trust_metrics
from medgraft.measure.conformal.split import ConformalSets, SetRule, SharedBound
from medgraft.measure.operating.costs import Costs
from medgraft.transfer.models.calibration import Calibration, DemandedCut
from medgraft.transfer.tasks.classification import Classification
from medgraft.transfer.tasks.multi_label import MultiLabel

CALIBRATION = Calibration(
    threshold=0.4,
    threshold_from="val",
    sets=ConformalSets(SetRule(), (SharedBound((0,), 0.6, 40), SharedBound((1,), 0.7, 40))),
    demanded=(DemandedCut("sensitivity", 0.9, 0.3, "cv"),),
)


def bundle(task=None, calibration=CALIBRATION):
    return SimpleNamespace(task=task or Classification(("a", "b"), "b"), calibration=calibration)


def cases(seed=0, n=300):
    random = np.random.default_rng(seed)
    p = random.uniform(size=n)
    return (random.random(n) < p).astype(np.int64), np.stack([1 - p, p], axis=1)


def told(answers, made=None, **options):
    return trust_content(answers, made or bundle(), prevalence=options.get("prevalence"), seed=0, replicates=100)


def test_costs_by_hand():
    truth, said = cases()
    costly = bundle(calibration=replace(CALIBRATION, costs=Costs(10, 1)))
    assert "costs" not in told(Answers(truth, said, None))
    assert "costs" not in told(Answers(truth, said, None, seen=True), costly)
    found = told(Answers(truth, said, None), costly)["costs"]
    called = said[:, 1] >= 0.4
    missed, alarms = ((truth == 1) & ~called).mean(), ((truth == 0) & called).mean()
    assert found["expected"]["value"] == pytest.approx(10 * missed + alarms)
    assert (found["everybody"], found["nobody"]) == pytest.approx(((truth == 0).mean(), 10 * (truth == 1).mean()))
    assert (found["expected"]["threshold"], found["expected"]["threshold_from"]) == (0.4, "val")
    given = told(Answers(truth, said, None), costly, prevalence=0.02)["costs"]
    sensitivity, specificity = rates(truth, called)
    assert given["expected"]["value"] == pytest.approx(10 * 0.02 * (1 - sensitivity) + 0.98 * (1 - specificity))
    assert (given["prevalence"], given["nobody"]) == pytest.approx((0.02, 0.2))


def rates(truth, called):
    (tn, fp), (fn, tp) = confusion_matrix(truth, called)
    return tp / (tp + fn), tn / (tn + fp)


def test_numbers_by_hand():
    truth, said = cases()
    found = told(Answers(truth, said, None), prevalence=0.02)
    sensitivity, specificity = rates(truth, said[:, 1] >= 0.3)
    assert found["operating"][0]["sensitivity"]["value"] == pytest.approx(sensitivity)
    assert found["operating"][0]["specificity"]["value"] == pytest.approx(specificity)
    assert found["operating"][0]["sensitivity"]["threshold_from"] == "cv"
    sensitivity, specificity = rates(truth, said[:, 1] >= 0.4)
    hits, alarms = 0.02 * sensitivity, 0.98 * (1 - specificity)
    assert found["predictive_values"]["ppv"]["value"] == pytest.approx(hits / (hits + alarms))
    assert (found["predictive_values"]["prevalence_from"], found["decision"]["prevalence"]) == ("given", 0.02)
    inside = np.where(truth == 1, said[:, 0] <= 0.7, said[:, 1] <= 0.6)
    assert found["sets"]["coverage"]["value"] == pytest.approx(inside.mean())
    assert found["selective"]["risk"][-1] == pytest.approx(((said[:, 1] >= 0.4) != truth).mean(), abs=1e-6)
    at = found["decision"]["thresholds"].index(0.25)
    sensitivity, specificity = rates(truth, said[:, 1] >= 0.25)
    benefit = 0.02 * sensitivity - 0.98 * (1 - specificity) * 0.25 / 0.75
    assert found["decision"]["model"]["value"][at] == pytest.approx(benefit, abs=1e-6)


def test_calibration_error_by_an_independent_loop():
    truth, said = cases(1)
    order = np.argsort(said[:, 1])
    gaps = [abs((said[part, 1] - truth[part]).mean()) * len(part) for part in np.array_split(order, 15)]
    assert told(Answers(truth, said, None))["calibration"]["ece"] == pytest.approx(sum(gaps) / 300)


def test_what_sets_and_cuts_were_made_of_does_not_judge_them():
    found = told(Answers(*cases(), None, seen=True))
    assert (found["sets"], found["operating"]) == (None, [])
    assert found["calibration"]["n"] == 300


def test_of_one_class_there_are_no_cuts():
    _, said = cases()
    found = told(Answers(np.zeros(300, np.int64), said, None))
    assert (found["operating"], found["decision"], found["predictive_values"]) == ([], None, None)


def test_the_gate_counts_what_lies_beyond_one():
    strangeness = np.concatenate([np.full(30, 1.2), np.full(270, 0.5)])
    found = told(Answers(*cases(), np.arange(300) // 2, strangeness))
    assert found["gate"]["refused"]["value"] == pytest.approx(0.1)
    assert found["gate"]["refused"]["n_patients"] == 150
    told_metrics = trust_metrics(found)
    assert set(told_metrics) == {"refused", "ece_debiased", "set_coverage", "set_size"}
    assert told_metrics["set_size"]["value"] == found["sets"]["mean_size"]


def test_each_label_by_its_known_cases():
    truth, said = cases()
    both = np.stack([truth, np.where(np.arange(300) < 100, -1, truth)], axis=1)
    made = bundle(MultiLabel(("x", "y")), Calibration(per_label={"x": CALIBRATION, "y": CALIBRATION}))
    found = told(Answers(both, np.stack([said[:, 1]] * 2, axis=1), None), made)
    assert [found["per_label"][name]["calibration"]["n"] for name in ("x", "y")] == [300, 200]
    alone = told(Answers(truth[100:], said[100:], None))
    assert found["per_label"]["y"]["sets"] == alone["sets"]
    assert trust_metrics(found) == {}
