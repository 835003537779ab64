"""``adapt`` on phantoms: a run like any other comes out, labels judge only where they were not learnt from."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import CohortError, ConfigError, UsageError
from medgraft.experiment.adapting import adapt_run
from medgraft.experiment.predicting import evaluate_run, predict_files
from medgraft.files import read_json

SIZES = {"images_per_patient": (1, 2), "size": 64}


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """Other patients, darker pictures."""
    folder = write_phantom(tmp_path_factory.mktemp("there") / "there", patients=30, seed=12, **SIZES)
    for path in sorted((folder / "images").glob("*.png")):
        pixels = np.asarray(Image.open(path))
        Image.fromarray((pixels * 0.5).astype(pixels.dtype)).save(path)
    return folder


@pytest.fixture(scope="module")
def brought(fitted, there, tmp_path_factory):
    out = tmp_path_factory.mktemp("adapted") / "run2"
    return adapt_run(fitted.run, there, out, method="coral", labels=8, home=fitted.home)


def test_labels_that_taught_do_not_judge(brought):
    content, split = brought.content, read_json(brought.run / "split.json")
    cohort = pd.read_parquet(brought.run / "cohort.parquet").set_index("case_id")
    assert content["learnt_labels"] >= 8
    assert content["judged"] == len(split["test"]) > 0
    patients = [set(cohort.loc[split[part], "patient_id"]) for part in ("train", "val", "test")]
    assert not patients[2] & (patients[0] | patients[1])
    assert len(cohort) == len(set(cohort.index))


def test_it_is_a_run_like_any_other(brought, fitted, there, tmp_path):
    rows = pd.read_parquet(brought.run / "predictions.parquet").set_index("case_id")
    answer = predict_files(brought.run, [there], home=fitted.home).table.set_index("case_id")
    labels = read_json(brought.run / "bundle" / "labels.json")["labels"]
    for label in labels:
        again = answer.loc[rows.index, f"p_{label}"].astype(float)
        np.testing.assert_allclose(rows[f"p_{label}"], again, atol=1e-6)
    page = (brought.run / "report.html").read_text("utf-8")
    assert "What adapting gained" in page
    assert "coral" in page
    assert page.count('<svg class="map"') == 2
    assert page.count('aria-label="After, by coral: ') == 1
    copied = shutil.copytree(brought.run, tmp_path / "r")
    found = evaluate_run(copied, fitted.cohort, home=fitted.home)
    cohort, split = pd.read_parquet(copied / "cohort.parquet").set_index("case_id"), read_json(copied / "split.json")
    told = pd.read_parquet(copied / "predictions.parquet")
    judged = set(told.loc[told["split"] == found["split"], "patient_id"])
    assert not judged & set(cohort.loc[[*split["train"], *split["val"]], "patient_id"])


def test_the_map_is_written_and_the_one_object_has_its_numbers(brought):
    written, said = brought.content["map"], brought.to_json()["map"]
    assert written["moved"] == "source"
    assert written["after"]["target"] == pytest.approx(np.array(written["before"]["target"]), abs=0.05)
    assert written["mmd"]["after"] < written["mmd"]["before"]
    assert set(said) == {"moved", "auroc", "mmd"}
    assert read_json(brought.run / "adaptation.json")["map"] == written


def test_source_only_is_the_source_again(fitted, there, tmp_path):
    result = adapt_run(fitted.run, there, tmp_path / "run2", method="source-only", home=fitted.home)
    gap = result.content["result"]["auroc"]
    assert gap["difference"] == 0
    before = predict_files(fitted.run, [there], home=fitted.home).table
    after = predict_files(tmp_path / "run2", [there], home=fitted.home).table
    pd.testing.assert_frame_equal(before, after)


def test_auto_without_labels_says_what_it_thought(fitted, there, tmp_path):
    table = pd.read_csv(next(there.glob("*.csv")))
    bare = table.drop(columns=["label"]).assign(path=[str(there / path) for path in table["path"]])
    bare.to_csv(tmp_path / "bare.csv", index=False)
    result = adapt_run(fitted.run, tmp_path / "bare.csv", tmp_path / "run2", home=fitted.home)
    assert result.content["result"] is None
    candidates = {item["name"]: item["scores"] for item in result.content["guard"]["candidates"]}
    assert next(iter(candidates)) == "source-only"
    assert candidates["coral"]["iwcv"] <= 0
    assert candidates["shot"]["dev"] is None
    assert set(result.content["guard"]["votes"]) == {"consensus"}
    assert "not known" in " ".join(result.told)
    assert "test" not in result.metrics
    assert (tmp_path / "run2" / "report.html").is_file()


def test_a_change_of_acquisition_is_found_named_and_mended(fitted, tmp_path):
    """Other patients' pictures, stored as their negatives: one step explains it, and the source's order comes back."""
    folder = write_phantom(tmp_path / "there", patients=40, seed=13, **SIZES)
    for path in sorted((folder / "images").glob("*.png")):
        pixels = np.asarray(Image.open(path))
        Image.fromarray(np.uint16(16) * (4095 - np.minimum(pixels, 4095))).save(path)  # 12 bits, in the upper ones
    result = adapt_run(fitted.run, folder, tmp_path / "run2", home=fitted.home)
    found = result.content["acquisition"]
    assert found["steps"][0] == "negative"
    assert found["explained"] > 0.5
    assert result.content["guard"]["jury"] == "stand-in"
    assert "after negative" in " ".join(result.told)
    gap = result.content["result"]["auroc"]
    assert gap["first"] >= gap["second"] - 0.01
    calibration = read_json(tmp_path / "run2" / "bundle" / "calibration.json")
    if result.content["method"] == "acquisition-matching":
        assert calibration["threshold_from"] == "source"
        assert 0 < calibration["threshold"] < 1
    again = predict_files(tmp_path / "run2", [folder], home=fitted.home).table
    assert again["p_" + read_json(tmp_path / "run2" / "bundle" / "labels.json")["labels"][0]].notna().all()


def test_mistakes(fitted, there, brought, tmp_path):
    def refused(error, match, **words):
        words = {"run": fitted.run, "target": there, "out": tmp_path / "out", **words}
        with pytest.raises(error, match=match):
            adapt_run(**words, home=fitted.home)
        assert not (tmp_path / "out").exists()

    refused(UsageError, "there is no adaptation 'corall'", method="corall")
    refused(UsageError, "not empty", out=brought.run)
    refused(UsageError, "it is no run folder", run=tmp_path)
    refused(ConfigError, "with --method auto", options={"axes": 3})
    refused(ConfigError, "axes: Input should be greater", method="coral", options={"axes": 1})
    refused(UsageError, "0 or more", labels=-1)
    refused(CohortError, "--labels 9999", labels=9999)
    table = pd.read_csv(next(there.glob("*.csv")))
    table["path"] = [str(there / path) for path in table["path"]]
    table.assign(label="cat").to_csv(tmp_path / "cats.csv", index=False)
    refused(CohortError, "'cat' are not classes of this run", target=tmp_path / "cats.csv")
    table.iloc[:5].to_csv(tmp_path / "five.csv", index=False)
    refused(Exception, "at least|needed", target=tmp_path / "five.csv")


def test_nothing_private_leaves_the_house(brought, there):
    for path in brought.run.rglob("*"):
        if path.is_file() and "private" not in path.relative_to(brought.run).parts:
            assert str(there).encode() not in path.read_bytes(), path
