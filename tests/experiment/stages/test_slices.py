"""Volumes from end to end: the run tells which slices decided, the report shows them, predict names the first."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import medgraft
from medgraft.data.phantom.volume import VolumePlan, write_volumes
from medgraft.experiment.explaining import Explaining
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.predicting import predict_files
from medgraft.files import read_json
from medgraft.home import Home

SETS = ("preprocess.size=64", "preprocess.slices=8", 'preprocess.intensity={"low":-1350,"high":150}')


@pytest.fixture(scope="module")
def volumes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("volumes")
    data = write_volumes(folder / "data", VolumePlan(patients=30, slices=12, size=48))
    home = Home(folder / "house")
    fit_run(data, folder / "run", home=home, sets=[*SETS, "strategy.repeats=1"])
    return folder, data, home


def test_the_usual_strategy_of_volumes_is_attention(volumes):
    folder, _, _ = volumes
    model = read_json(folder / "run" / "bundle" / "model.json")
    assert (model["strategy"]["kind"], model["head"]["sharpness"]) == ("attention", 1.0)
    preprocessing = read_json(folder / "run" / "bundle" / "preprocessing.json")
    assert (preprocessing["planes"], preprocessing["slices"], preprocessing["channels"]) == (3, 8, 3)


def test_weights_of_each_case_sum_to_one(volumes):
    folder, _, _ = volumes
    table = pd.read_parquet(folder / "run" / "slices.parquet")
    cohort = pd.read_parquet(folder / "run" / "cohort.parquet")
    assert set(table["case_id"]) == set(cohort["case_id"])
    np.testing.assert_allclose(table.groupby("case_id")["weight"].sum(), 1.0)
    assert (table.groupby("case_id").size() == 8).all()
    assert table["slice"].between(1, 12).all()
    pictures = pd.read_parquet(folder / "run" / "private" / "slices.parquet")
    assert (pictures.groupby("case_id").size() == 3).all()
    assert all(jpeg[:2] == b"\xff\xd8" for jpeg in pictures["jpeg"])


def test_the_report_shows_slices_with_pictures_unless_asked_not_to(volumes):
    folder, _, _ = volumes
    page = (folder / "run" / "report.html").read_text("utf-8")
    section = page[page.index('<section id="slices"') : page.index('<section id="cohort"')]
    assert section.count("<svg") > 0
    assert section.count("data:image/jpeg") > 0
    medgraft.report(folder / "run", images=False)
    bare = (folder / "run" / "report.html").read_text("utf-8")
    assert '<section id="slices"' in bare
    assert "data:image/jpeg" not in bare


def test_predict_equals_fit_and_names_the_slice(volumes):
    folder, data, home = volumes
    found = predict_files(folder / "run", [data / "volumes"], home=home).table
    assert found.filter(like="p_").notna().all(axis=None)
    kept = pd.read_parquet(folder / "run" / "predictions.parquet")
    kept = kept[~kept["split"].isin(["cv", "loso"])].set_index("case_id")
    joined = found.set_index("case_id").loc[kept.index]
    np.testing.assert_array_equal(joined["p_nodule"], kept["p_nodule"])
    weights = pd.read_parquet(folder / "run" / "slices.parquet")
    best = weights.loc[weights.groupby("case_id")["weight"].idxmax()].set_index("case_id")["slice"]
    np.testing.assert_array_equal(joined["slice"].astype(int), best.loc[kept.index])


def test_mean_and_inflated_are_the_other_ways(volumes):
    folder, data, home = volumes
    result = fit_run(data, folder / "mean", home=home, sets=[*SETS, "strategy.kind=linear-probe", "strategy.repeats=0"])
    assert result.forward_passes == 0
    assert not (folder / "mean" / "slices.parquet").exists()
    small = write_volumes(folder / "few", VolumePlan(patients=16, slices=4, size=32))
    fit_run(small, folder / "inflated", home=home, sets=["preprocess.size=32", "backbone.volumes=inflated"])
    model = json.loads((folder / "inflated" / "bundle" / "model.json").read_text("utf-8"))
    assert (model["backbone"]["inflated"], model["strategy"]["kind"]) == (True, "linear-probe")
    answers = predict_files(folder / "inflated", [small / "volumes"], home=home).table
    kept = pd.read_parquet(folder / "inflated" / "predictions.parquet")
    kept = kept[~kept["split"].isin(["cv", "loso"])].set_index("case_id")
    np.testing.assert_array_equal(answers.set_index("case_id").loc[kept.index, "p_nodule"], kept["p_nodule"])


def test_what_does_not_go_with_volumes_is_refused(volumes, fitted):
    folder, data, home = volumes
    with pytest.raises(medgraft.MedgraftError, match="lp-ft on volumes"):
        fit_run(data, folder / "no", home=home, sets=[*SETS, "strategy.kind=lp-ft"])
    with pytest.raises(medgraft.MedgraftError, match="takes volumes"):
        fit_run(fitted.cohort, folder / "no2", home=home, sets=["backbone.volumes=inflated"])


def test_a_heat_map_of_each_weighty_slice(volumes):
    folder, data, home = volumes
    told = read_json(folder / "run" / "explanations.json")
    weights = pd.read_parquet(folder / "run" / "slices.parquet")
    maps = pd.read_parquet(folder / "run" / "private" / "explanations.parquet")
    for case in told["cases"]:
        best = weights[weights["case_id"] == case["case_id"]].nlargest(3, "weight")["slice"].tolist()
        assert case["slices"] == best
        assert maps[maps["case_id"] == case["case_id"]]["slice"].tolist() == best
    file = sorted(data.glob("**/*.nii*"))[0]
    predict_files(folder / "run", [file], explain=Explaining(folder / "maps"), home=home)
    table = pd.read_csv(folder / "maps" / "explanations.csv")
    assert len(table) == 3
    assert all((folder / "maps" / f"{row.case_id}-slice-{row.slice:03d}.png").is_file() for row in table.itertuples())
