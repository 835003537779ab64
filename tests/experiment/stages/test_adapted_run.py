"""The folder of an adapted run: parts, what is dropped, and what is not lost."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from medgraft.data.phantom.cohort import write_phantom
from medgraft.experiment.adapting import adapt_run
from medgraft.files import read_json, verify_manifest, write_manifest
from medgraft.insight.explanation.similar import Gallery, read_gallery
from medgraft.transfer.fusion.keeping import ClinicalModel
from medgraft.transfer.models.bundle import read_bundle


@pytest.fixture(scope="module")
def pair_of_runs(fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    there = write_phantom(folder / "there", patients=24, seed=21, images_per_patient=(1, 1), size=64)
    adapt_run(fitted.run, there, folder / "run2", method="standardise", home=fitted.home)
    return fitted.run, folder / "run2"


def test_parts(pair_of_runs):
    before, after = (read_json(run / "split.json") for run in pair_of_runs)
    assert (after["train"], after["val"]) == (before["train"], before["val"])
    assert not set(after["test"]) & {*before["train"], *before["val"], *before["test"]}
    dropped = {item["case"] for item in after["dropped"]}
    assert set(before["test"]) <= dropped


def test_every_case_has_its_link_and_its_picture(pair_of_runs):
    _, after = pair_of_runs
    cases = set(pd.read_parquet(after / "cohort.parquet")["case_id"])
    assert set(pd.read_parquet(after / "private" / "links.parquet")["case_id"]) == cases
    assert set(pd.read_parquet(after / "private" / "thumbnails.parquet")["case_id"]) == cases


def test_nothing_of_a_run_that_gave_way_is_left(fitted, tmp_path):
    """``source-only`` has no history; the method that was there before it had one."""
    there = write_phantom(tmp_path / "there", patients=24, seed=22, images_per_patient=(1, 1), size=64)
    adapt_run(fitted.run, there, tmp_path / "run2", method="standardise", home=fitted.home)
    assert (tmp_path / "run2" / "history.csv").is_file()
    adapt_run(fitted.run, there, tmp_path / "run2", method="source-only", home=fitted.home, overwrite=True)
    assert not (tmp_path / "run2" / "history.csv").exists()


def test_the_numbers_are_of_the_judged_cases_alone(pair_of_runs):
    _, after = pair_of_runs
    metrics, split = read_json(after / "metrics.json"), read_json(after / "split.json")
    assert metrics["test"]["auroc"]["n"] == len(split["test"])
    assert not {"cv", "val", "train"} & set(metrics)
    assert read_json(after / "config.json")["adapted"]["method"] == "standardise"
    assert any(text.startswith("adapted: ") for text in metrics["_meta"]["warnings"])


@pytest.fixture
def whole(with_table, tmp_path):
    """A run with a clinical table and a gallery, and another site."""
    run = tmp_path / "run"
    shutil.copytree(with_table.run, run)
    width = read_bundle(run / "bundle").backbone.feature_dim
    rows = np.random.default_rng(0).normal(size=(4, width)).astype(np.float32)
    Gallery.of(rows, list("abcd"), ["clear", "nodule"] * 2).write(run / "bundle")
    write_manifest(run / "bundle")
    there = write_phantom(tmp_path / "there", patients=24, seed=21, images_per_patient=(1, 1), size=64)
    return run, there, tmp_path / "run2"


def told(run):
    return " ".join(read_json(run / "metrics.json")["_meta"]["warnings"])


def test_what_is_still_true_goes_along_and_the_rest_is_told(whole, with_table):
    """A head was changed, the backbone was not."""
    run, there, out = whole
    adapt_run(run, there, out, method="standardise", home=with_table.home)
    verify_manifest(out / "bundle")
    np.testing.assert_array_equal(read_gallery(out / "bundle").rows, read_gallery(run / "bundle").rows)
    assert ClinicalModel.of_bundle(out / "bundle") is None
    assert "adapted: no gate" in told(out)
    assert "clinical table is not in this bundle" in told(out)
    assert ("no sets of labels" in told(out)) == (read_bundle(run / "bundle").calibration.sets is not None)


def test_the_same_model_keeps_its_table(whole, with_table):
    run, there, out = whole
    adapt_run(run, there, out, method="source-only", home=with_table.home)
    verify_manifest(out / "bundle")
    assert ClinicalModel.of_bundle(out / "bundle").thresholds == ClinicalModel.of_bundle(run / "bundle").thresholds
    assert read_json(out / "fusion.json")["splits"] == {}
    assert "no gate" not in told(out)
