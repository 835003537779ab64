"""The stage: what a fit tells of its test cases, within its time, with scores where masks lie beside the pictures."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
from PIL import Image

from medgraft.experiment.fitting import fit_run
from medgraft.experiment.stages import explanation
from medgraft.experiment.stages.explanation import localisation_content
from medgraft.files import read_json, verify_manifest
from medgraft.insight.explanation.similar import read_gallery
from medgraft.measure.localisation.evaluation import BASELINES, evaluate_localisation


def test_cases_maps_and_neighbours(fitted):
    told = read_json(fitted.run / "explanations.json")
    assert (told["method"], told["reason"], told["split"]) == ("hirescam", None, "test")
    answers = pd.read_parquet(fitted.run / "predictions.parquet").query("split == 'test'").set_index("case_id")
    maps = pd.read_parquet(fitted.run / "private" / "explanations.parquet")
    train = set(read_json(fitted.run / "split.json")["train"])
    labels = pd.read_parquet(fitted.run / "cohort.parquet").set_index("case_id")["label"]
    ids = [case["case_id"] for case in told["cases"]]
    assert len(set(ids)) == len(ids) > 2
    assert set(ids) <= set(answers.index)
    assert maps["case_id"].tolist() == ids
    for case in told["cases"]:
        assert case["explained"] == "nodule"
        assert case["probability"] == answers.loc[case["case_id"], "p_nodule"]
        right = answers.loc[case["case_id"], "y_true"] == answers.loc[case["case_id"], "y_pred"]
        assert {"best": right, "worst": not right, "borderline": True}[case["kind"]]
        assert [one["label"] for one in case["similar"]] == [labels[one["case_id"]] for one in case["similar"]]
        assert {one["case_id"] for one in case["similar"]} <= train
        assert len(case["similar"]) == 3
    with Image.open(io.BytesIO(maps["jpeg"].iloc[0])) as picture:
        assert picture.format == "JPEG"
        assert picture.width == 2 * picture.height


def test_scores_where_masks_lie_beside(fitted):
    scores = read_json(fitted.run / "explanations.json")["localisation"]
    assert set(scores) == {"hirescam", *BASELINES}
    findings = pd.read_parquet(fitted.run / "predictions.parquet").query("split == 'test' and y_true == 'nodule'")
    assert scores["hirescam"]["pointing"]["n"] == min(len(findings), explanation.MOST_SCORED)


def test_pictures_are_private_and_no_path_is_outside(fitted):
    assert (fitted.run / "private" / "explanations.parquet").stat().st_mode & 0o077 == 0
    assert "/" not in (fitted.run / "explanations.json").read_text("utf-8").replace("1/", "")
    assert read_gallery(fitted.run / "bundle") is None, "no row of a training case unless that was asked for"


def test_a_gallery_where_it_was_asked_for_and_no_case(fitted, tmp_path):
    flags = {"bundle.gallery": True, "evaluation.explained": 0}
    fit_run(fitted.cohort, tmp_path / "run", flags=flags, home=fitted.home)
    verify_manifest(tmp_path / "run" / "bundle")
    gallery = read_gallery(tmp_path / "run" / "bundle")
    assert sorted(gallery.cases) == sorted(read_json(tmp_path / "run" / "split.json")["train"])
    assert not (tmp_path / "run" / "explanations.json").exists()


def test_no_gradient_is_told(fitted, tmp_path):
    flags = {"backbone.name": "classical", "evaluation.explained": 6}
    result = fit_run(fitted.cohort, tmp_path / "run", flags=flags, home=fitted.home)
    told = read_json(tmp_path / "run" / "explanations.json")
    assert told["method"] is None
    assert "hand-crafted" in told["reason"]
    assert any("no heat maps" in text for text in result.warnings)
    assert told["cases"][0]["similar"]
    assert told["localisation"] is None


def test_time_is_kept(fitted, tmp_path, monkeypatch):
    monkeypatch.setattr(explanation, "MOST_SECONDS", 0.0)
    result = fit_run(fitted.cohort, tmp_path / "run", flags={"evaluation.explained": 9}, home=fitted.home)
    told = read_json(tmp_path / "run" / "explanations.json")
    assert len(told["cases"]) == 3, "one of each kind, or as many"
    assert any("3 of" in text and "explain" in text for text in result.warnings)


def test_content_is_plain():
    outlines = np.zeros((4, 6, 6), bool)
    outlines[:, 2, 2] = True
    found = localisation_content(
        evaluate_localisation({"m": outlines.astype(float)}, outlines, groups=None, seed=0, replicates=100)
    )
    assert found["m"]["pointing"]["value"] == 1.0
    assert set(found["m"]["gain"]) == set(BASELINES)
    assert set(found[BASELINES[0]]["gain"]) == {BASELINES[1]}
