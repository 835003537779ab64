from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.summary import caveats, summarise


def test_says_how_good_on_whom_compared_with_what(fabricate):
    run = read_artefacts(fabricate())
    text = summarise(run).headline
    auroc, base = run.estimate("test", "auroc"), run.estimate("test", "majority_accuracy")
    assert text.startswith("On 48 test cases of 24 patients the model tells “malignant” from “benign”")
    assert f"{auroc['value']:.3f} (95 % interval {auroc['low']:.3f} to {auroc['high']:.3f})" in text
    assert f"always answering the commonest class would reach {base['value']:.3f}" in text
    joined = " ".join(summarise(run).sentences)
    assert "at the threshold 0.460, chosen on the validation cases" in joined
    assert "Cross-validation (192 cases)" in joined


def test_unknown_patients_leaks_and_synthetic_data_are_said(fabricate):
    plain = " ".join(caveats(read_artefacts(fabricate())))
    assert "Leaking" not in plain and "synthetic" not in plain and "Patients are unknown" not in plain
    bad = " ".join(caveats(read_artefacts(fabricate(patients=False, leaking=True, synthetic=True))))
    assert "Leaking split" in bad and "synthetic" in bad and "Patients are unknown" in bad


def test_weak_numbers_are_called_weak(fabricate):
    run = read_artefacts(fabricate())
    test = run.metrics["test"]
    weak = {**test, "auroc": {**test["auroc"], "value": 0.55, "low": 0.42, "high": 0.68}}
    weak["accuracy"] = {**test["accuracy"], "value": 0.66, "low": 0.55, "high": 0.77}
    text = " ".join(caveats(dataclasses.replace(run, metrics={**run.metrics, "test": weak})))
    assert "not shown that the model beats guessing" in text
    assert "cannot be told from that of always answering" in text


def test_a_run_without_numbers(fabricate):
    run = dataclasses.replace(read_artefacts(fabricate()), metrics={"_meta": {}})
    assert "no evaluated cases" in summarise(run).headline


def test_validation_only_is_called_optimistic(fabricate):
    run = read_artefacts(fabricate())
    run = dataclasses.replace(run, metrics={"val": run.metrics["val"]})
    assert "optimistic" in " ".join(summarise(run).sentences)


def test_hand_crafted_features_are_called_so(fabricate):
    run = read_artefacts(fabricate())
    facts = {**run.model["backbone"], "descriptors": ["hog", "lbp"]}
    run = dataclasses.replace(run, model={**run.model, "backbone": facts})
    summary = summarise(run)
    assert any("no knowledge was transferred" in text for text in summary.caveats)
