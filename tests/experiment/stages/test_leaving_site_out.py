"""What a new site will see, end to end: three synthetic sites, a split of its own, and a section of the report."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from medgraft.data.phantom.cohort import write_phantom
from medgraft.experiment.fitting import fit_run
from medgraft.files import read_json
from medgraft.home import Home
from medgraft.measure.metrics.predictions import Predictions
from medgraft.measure.metrics.ranks import AUROC

SETS = ["preprocess.size=64", "strategy.repeats=1", "evaluation.replicates=100"]


@pytest.fixture(scope="module")
def sited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sited")
    data = write_phantom(folder / "data", patients=36, images_per_patient=(1, 2), size=64, sites=3, seed=2)
    home = Home(folder / "house")
    fit_run(data, folder / "run", home=home, sets=SETS)
    return folder, data, home


def test_every_training_case_is_answered_once_as_one_of_a_new_site(sited):
    rows = pd.read_parquet(sited[0] / "run" / "predictions.parquet")
    new, cv = rows[rows["split"] == "loso"], rows[rows["split"] == "cv"]
    assert set(new["case_id"]) == set(cv["case_id"])
    assert new["case_id"].is_unique
    assert new.groupby("site")["fold"].nunique().tolist() == [1, 1, 1]
    assert not set(new["case_id"]) & set(rows[rows["split"] == "test"]["case_id"])


def test_the_tables_say_what_the_predictions_say(sited):
    run = sited[0] / "run"
    rows = pd.read_parquet(run / "predictions.parquet").query("split == 'loso'")
    loso = read_json(run / "loso.json")
    assert [row["site"] for row in loso["sites"]] == ["synthetic-a", "synthetic-b", "synthetic-c"]
    assert (loso["failed"], loso["unknown_site"]) == ({}, 0)
    for row in loso["sites"]:
        own = rows[rows["site"] == row["site"]]
        truth = (own["y_true"] == "nodule").to_numpy().astype(np.intp)
        found = Predictions.of(truth, own[["p_clear", "p_nodule"]].to_numpy(), positive=1).unweighted()
        assert row["n"] == len(own)
        assert row["auroc"]["value"] == pytest.approx(float(AUROC.overall(found, AUROC.compute(found))[0]))
    assert read_json(run / "metrics.json")["loso"]["auroc"]["n"] == len(rows)


def test_the_report_has_it(sited):
    page = (sited[0] / "run" / "report.html").read_text("utf-8")
    assert "What a new site will see" in page
    assert "synthetic-c" in page


def test_it_can_be_left_out_and_networks_leave_it_out(sited):
    folder, data, home = sited
    fit_run(data, folder / "without", home=home, sets=[*SETS, "evaluation.loso=false"])
    assert not (folder / "without" / "loso.json").exists()
    assert "loso" not in read_json(folder / "without" / "metrics.json")
    trained = ["preprocess.size=64", "evaluation.replicates=100", "strategy.kind=bitfit", "strategy.epochs=1"]
    fit_run(data, folder / "trained", home=home, sets=trained)
    assert not (folder / "trained" / "loso.json").exists()


def test_a_mixture_over_sites_goes_the_whole_way(sited):
    folder, data, home = sited
    result = fit_run(data, folder / "mixed", home=home, sets=[*SETS, "strategy.kind=per-site", "strategy.keep=always"])
    assert result.forward_passes == 0
    assert read_json(folder / "mixed" / "bundle" / "model.json")["head"]["kind"] == "per-site"
    assert set(read_json(folder / "mixed" / "timings.json")["facts"]["sites"]) == {f"synthetic-{x}" for x in "abc"}
