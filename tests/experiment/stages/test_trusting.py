"""What is made of held-out cases: bold models are mended, sure ones not made surer, cuts and sets keep their word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.special import softmax

from medgraft.experiment.fitting import fit_run
from medgraft.experiment.predicting import predict_files
from medgraft.experiment.stages.held_out import HeldOut
from medgraft.experiment.stages.trusting import FEWEST_ERRORS, _drawn, _learnt, _Question
from medgraft.experiment.trust_settings import TrustSection
from medgraft.files import read_json
from medgraft.transfer.models.bundle import read_bundle
from medgraft.use.prediction.abstaining import EMPTY, STRANGE


def held(seed, n=600, bold=1.0, apart=1.0, repeats=1):
    """Cases whose true probabilities are known; ``bold`` 1 says them."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, n)
    score = random.normal(size=(repeats, n)) * 0.3 + random.normal(size=n) + apart * (2 * truth - 1)
    logit = bold * 2 * apart / 1.09 * score
    return HeldOut("cv", truth, softmax(np.stack([-logit / 2, logit / 2], axis=-1), axis=-1), np.arange(n))


def learnt(one, **options):
    return _learnt(_Question(one, None, 1), TrustSection(**options), 0)


def test_a_bold_model_is_mended_and_a_true_one_left_alone():
    bold, true = learnt(held(0, bold=3.0)), learnt(held(0))
    assert bold.calibration.kind == "temperature"
    assert bold.calibration.chain.maps[0].temperature == pytest.approx(3.0, rel=0.25)
    assert true.calibration.kind == "none"
    assert [trial["kind"] for trial in bold.facts["calibrator"]["trials"]] == ["none", "temperature", "isotonic"]


def test_a_model_that_never_erred_is_not_thereby_certain():
    """Without the rule the temperature of cases without an error is the least there is."""
    found = learnt(held(1, apart=6.0, bold=0.05))
    assert found.facts["erring_patients"] < FEWEST_ERRORS
    assert (found.calibration.kind, found.facts["calibrator"]) == ("none", None)


def test_a_cut_and_sets_are_about_mended_probabilities():
    cases, fresh = held(2, bold=3.0, repeats=2), held(3, n=4000, bold=3.0)
    found = learnt(cases).calibration
    mended, truth = found.mended(fresh.mean()), fresh.truth
    assert mended.max() < fresh.mean().max()
    inside = found.members(mended)[np.arange(len(truth)), truth]
    assert inside.mean() == pytest.approx(0.9, abs=0.035)
    for cut in found.demanded:
        positive = cut.of == "sensitivity"
        right = (mended[:, 1] >= cut.threshold) == positive
        assert right[truth == positive].mean() >= cut.least - 0.05  # of 300 cases, and two standard errors of them
    assert found.threshold == pytest.approx(0.5, abs=0.12)
    assert found.threshold_from == "cv"


def test_costs_of_errors_set_the_cut():
    """Of calibrated probabilities it is false alarm / (false alarm + miss); at another prevalence the odds follow."""
    cases = held(2, n=6000)
    plain = learnt(cases).calibration
    found = learnt(cases, miss_cost=8.0, false_alarm_cost=2.0).calibration
    assert plain.costs is None
    assert found.threshold == pytest.approx(0.2, abs=0.06)
    assert (found.threshold_from, found.costs.miss) == ("cv", 8.0)
    rare = _learnt(_Question(cases, None, 1, 0.1), TrustSection(miss_cost=8.0, false_alarm_cost=2.0), 0).calibration
    assert rare.threshold == pytest.approx(0.69, abs=0.08)  # odds 1/4 at a half are 9/4 where one in ten is positive


def test_demands_that_few_cases_cannot_promise_are_named():
    found = learnt(held(4, n=50), demand=(0.5, 0.99))
    assert found.facts["too_few_for"] == ["sensitivity 0.99", "specificity 0.99"]
    assert {cut.least for cut in found.calibration.demanded} == {0.5}


def test_without_cases_of_two_classes_nothing_is_made():
    one = held(5)
    for cases in (None, HeldOut("val", np.ones(600, int), one.probability, one.groups)):
        assert learnt(cases).calibration.to_json() == {"kind": "none", "threshold": None, "threshold_from": None}


def test_many_cases_are_thinned_by_patient():
    groups = np.repeat(np.arange(1000), 3)
    rows = _drawn(type("Material", (), {"groups": groups}), 0)
    assert 1450 < len(rows) <= 1500
    assert (np.bincount(groups[rows], minlength=1000) % 3 == 0).all()


@pytest.fixture(scope="module")
def ultrasound(test_data, tmp_path_factory):
    """A model of 150 ultrasound pictures, and its run."""
    folder = tmp_path_factory.mktemp("trust")
    for label in ("benign", "malignant"):
        (folder / "data" / label).mkdir(parents=True)
        for path in sorted((test_data / "busi" / label).glob("*.png"))[:75]:
            (folder / "data" / label / path.name).symlink_to(path)
    fit_run(folder / "data", folder / "run")
    return folder / "run"


def test_photographs_and_broken_pictures_are_refused(ultrasound, test_data, test_weights, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (256, 256), dtype=np.uint8)
    for name, pixels in (("noise", noise), ("black", np.zeros_like(noise))):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    kinds = (".png", ".jpg", ".bmp")
    photographs = [path for path in sorted((test_weights / "eval_images").iterdir()) if path.suffix in kinds]
    films = sorted((test_data / "cxr_nih" / "Pneumonia").glob("*.jpg"))[:10]
    table = predict_files(ultrasound, [*photographs, *films, tmp_path / "noise.png", tmp_path / "black.png"]).table
    assert len(table) == 23 and set(table["abstain"]) == {STRANGE, EMPTY}
    assert Path(table.loc[table["abstain"] == EMPTY, "file"].item()).name == "black.png"
    assert table["prediction"].isna().all() and table["set"].isna().all()
    assert np.isfinite(table[["p_benign", "p_malignant"]].to_numpy(float)).all()
    unseen = sorted((test_data / "busi" / "benign").glob("*.png"))[100:200]
    own = predict_files(ultrasound, unseen).table
    assert (own["abstain"] == STRANGE).mean() <= 0.1


def test_what_the_run_says_is_what_its_bundle_does(ultrasound):
    bundle, trust = read_bundle(ultrasound / "bundle"), read_json(ultrasound / "trust.json")
    assert trust["learnt"]["gate"] == {
        "features": "frozen",
        "patients": bundle.gate.n,
        "detectors": [one.kind for one in bundle.gate.detectors],
    }
    rows = pd.read_parquet(ultrasound / "predictions.parquet")
    test = rows[rows["split"] == "test"]
    said, truth = test[["p_benign", "p_malignant"]].to_numpy(), (test["y_true"] == "malignant").to_numpy(int)
    inside = bundle.calibration.members(said)[np.arange(len(truth)), truth]
    metrics = read_json(ultrasound / "metrics.json")["test"]
    assert metrics["set_coverage"]["value"] == pytest.approx(inside.mean())
    assert trust["splits"]["test"]["gate"]["refused"] == metrics["refused"]
    assert trust["splits"]["cv"]["sets"] is None
