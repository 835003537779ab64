"""Predicting equals what the fit evaluated; evaluating elsewhere adds to the run; embedding is a table."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import CohortError, LeakageError, UsageError
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.predicting import evaluate_run, predict_files
from medgraft.experiment.stages.recalibrating import NewSite
from medgraft.files import read_json
from medgraft.home import Home
from medgraft.source.handcrafted.catalogue import descriptor_names
from medgraft.transfer.models.bundle import read_bundle


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere") / "external"
    return write_phantom(folder, patients=10, images_per_patient=(1, 2), size=64, seed=9)


@pytest.fixture
def copy(fitted, tmp_path):
    """A run that may be changed."""
    shutil.copytree(fitted.run, tmp_path / "run")
    return tmp_path / "run"


def test_predicting_the_test_files_gives_the_same_numbers(fitted, tmp_path):
    stored = pd.read_parquet(fitted.run / "predictions.parquet")
    links = pd.read_parquet(fitted.run / "private" / "links.parquet").set_index("case_id")["path"]
    test = stored[stored["split"] == "test"].set_index("case_id")
    files = [fitted.cohort / path for path in links[test.index]]
    answer = predict_files(fitted.run, files, out=tmp_path / "answers.csv", home=fitted.home)
    table = answer.table.set_index("case_id").loc[test.index]
    for column in ("p_clear", "p_nodule"):
        np.testing.assert_array_equal(table[column].to_numpy(), test[column].to_numpy())
    assert table["prediction"].tolist() == test["y_pred"].tolist()
    written = pd.read_csv(tmp_path / "answers.csv").set_index("case_id").loc[test.index]
    np.testing.assert_array_equal(written["p_nodule"].to_numpy(), test["p_nodule"].to_numpy())


@pytest.fixture(scope="module")
def classical(fitted, tmp_path_factory):
    """The same cohort with hand-crafted features: run folder, first result, and the result of another head."""
    folder, flags = tmp_path_factory.mktemp("classical"), {"backbone.name": "classical"}
    first = fit_run(fitted.cohort, folder / "run", flags=flags, home=fitted.home)
    other = {**flags, "strategy.kind": "linear-probe", "strategy.class_weights": "balanced"}
    return folder / "run", first, fit_run(fitted.cohort, folder / "other", flags=other, home=fitted.home)


def test_hand_crafted_features_are_a_source_like_any_other(classical):
    run, first, second = classical
    assert first.forward_passes == len(pd.read_parquet(run / "cohort.parquet"))
    assert (second.forward_passes, second.decodes) == (0, 0)
    assert {"cv", "test"} <= set(first.metrics)
    model = read_json(run / "bundle" / "model.json")
    assert model["backbone"]["descriptors"] == list(descriptor_names())
    assert model["engine"]["name"] == "handcrafted"
    tensors = {name for name in load_file(run / "bundle" / "model.safetensors") if not name.startswith("gate.")}
    assert tensors == {"head.weight", "head.bias"}
    assert "hand-crafted: no knowledge was transferred" in (run / "report.html").read_text("utf-8")


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_their_bundle_predicts_what_the_fit_evaluated(classical, fitted, tmp_path, device):
    """In a house of its own, so that nothing comes from the cache; the device does not matter to them."""
    run, _, _ = classical
    stored = pd.read_parquet(run / "predictions.parquet")
    test = stored[stored["split"] == "test"].set_index("case_id")
    links = pd.read_parquet(run / "private" / "links.parquet").set_index("case_id")["path"]
    shutil.copytree(fitted.home.path, tmp_path / "home", ignore=shutil.ignore_patterns("cache"))  # with the key of ids
    files = [fitted.cohort / path for path in links[test.index]]
    table = predict_files(run, files, home=Home(tmp_path / "home"), device=device).table.set_index("case_id")
    np.testing.assert_array_equal(table.loc[test.index, "p_nodule"].to_numpy(), test["p_nodule"].to_numpy())


def test_no_file_is_lost(fitted, elsewhere, tmp_path):
    good = sorted((elsewhere / "images").glob("*.png"))[0]
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("hello")
    files = [good, tmp_path / "empty.png", tmp_path / "text.png"]
    table = predict_files(fitted.run, files, home=fitted.home).table.set_index("file")
    assert table.loc[str(good), "prediction"] in ("clear", "nodule")
    for name in ("empty.png", "text.png"):
        assert pd.isna(table.loc[str(tmp_path / name), "prediction"])
        assert table.loc[str(tmp_path / name), "reason"]


def test_only_unreadable_files_are_answered_too(fitted, tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    table = predict_files(fitted.run, [tmp_path / "empty.png"], home=fitted.home).table
    assert table["reason"].tolist() != [""]


def test_a_folder_and_no_paths(fitted, elsewhere):
    table = predict_files(fitted.run, [elsewhere], paths=False, home=fitted.home).table
    assert "file" not in table
    assert len(table) == len(list((elsewhere / "images").glob("*.png")))


def test_a_table_stands_for_its_pictures(fitted, elsewhere, tmp_path):
    files = sorted((elsewhere / "images").glob("*.png"))[:2]
    (tmp_path / "cases.csv").write_text("path\n" + "".join(f"{file}\n" for file in files))
    told = predict_files(fitted.run, [tmp_path / "cases.csv"], home=fitted.home).table
    assert told["file"].tolist() == [str(file) for file in files]


def test_mistakes(fitted, tmp_path):
    with pytest.raises(UsageError, match="no such file or folder"):
        predict_files(fitted.run, [tmp_path / "nowhere.png"], home=fitted.home)
    (tmp_path / "there.csv").write_text("x")
    with pytest.raises(UsageError, match="--overwrite"):
        predict_files(fitted.run, [fitted.cohort], out=tmp_path / "there.csv", home=fitted.home)


def test_evaluating_elsewhere_joins_the_run(copy, fitted, elsewhere):
    before = read_json(copy / "metrics.json")["test"]
    result = evaluate_run(copy, elsewhere, home=fitted.home)
    assert result["split"] == "external:external"
    metrics = read_json(copy / "metrics.json")
    assert metrics["test"] == before
    assert metrics["external:external"]["auroc"]["n_patients"] == 10
    stored = pd.read_parquet(copy / "predictions.parquet")
    assert (stored["split"] == "external:external").sum() == metrics["external:external"]["accuracy"]["n"]
    assert "external:external" in (copy / "report.html").read_text("utf-8")
    with pytest.raises(UsageError, match="--name OTHER"):
        evaluate_run(copy, elsewhere, home=fitted.home)


def test_probabilities_are_brought_to_a_site(copy, fitted, tmp_path):
    there = write_phantom(tmp_path / "there", patients=24, images_per_patient=(1, 1), size=64, seed=9)
    result = evaluate_run(copy, there, name="site", site=NewSite(labelled=10), home=fitted.home)
    trust = read_json(copy / "trust.json")["splits"]["external:site"]
    learnt, judged = trust["recalibration"]["cases"], result["metrics"]["accuracy"]["n"]
    assert 0 < learnt <= 10
    assert learnt + judged == len(pd.read_csv(there / "table.csv"))
    assert trust["recalibration"]["brier"]["difference"]["n"] == judged
    assert "Recalibrated by" in (copy / "report.html").read_text("utf-8")
    assert read_json(copy / "trust.json")["splits"].keys() > {"test", "cv"}  # those of the fit stay


def test_predicting_tells_what_not_to_rely_on(fitted):
    table = predict_files(fitted.run, [fitted.cohort], home=fitted.home).table
    bundle = read_bundle(fitted.run / "bundle")
    assert list(table)[-4:] == ["reason", "set", "abstain", "strangeness"]
    inside = bundle.calibration.members(table[["p_clear", "p_nodule"]].to_numpy())
    told = table["set"].where(table["strangeness"] <= 1).dropna()
    for row, text in told.items():
        assert text == "|".join(name for name, fits in zip(("clear", "nodule"), inside[row], strict=True) if fits)
    np.testing.assert_array_equal(table["prediction"].isna(), table["strangeness"] > 1)


def test_cases_of_the_training_are_left_out(copy, fitted):
    result = evaluate_run(copy, fitted.cohort, name="itself", home=fitted.home)
    split = read_json(copy / "split.json")
    assert result["metrics"]["accuracy"]["n"] == len(split["test"])
    assert any("took part in training" in text for text in result["warnings"])
    with pytest.raises(LeakageError, match="--on-leak error does not allow it"):
        evaluate_run(copy, fitted.cohort, name="again", on_leak="error", home=fitted.home)
    kept = evaluate_run(copy, fitted.cohort, name="again", on_leak="keep", home=fitted.home)
    assert kept["metrics"]["accuracy"]["n"] == sum(len(split[part]) for part in ("train", "val", "test"))
    assert any(text.startswith("leaking") for text in kept["warnings"])


def test_labels_of_another_question(copy, fitted, elsewhere):
    with pytest.raises(CohortError, match="are not classes of this run"):
        evaluate_run(copy, elsewhere, options=CohortOptions(label_map={"clear": "healthy"}), home=fitted.home)
    with pytest.raises(CohortError, match="have no labels"):
        evaluate_run(copy, elsewhere / "images", home=fitted.home)


def test_evaluating_loses_no_case_in_silence_and_tells_no_name(copy, fitted, elsewhere, tmp_path):
    folder = tmp_path / "canary-folder"
    shutil.copytree(elsewhere, folder)
    table = pd.read_csv(folder / "table.csv")
    for row, path in enumerate(table["path"]):
        (folder / path).rename(folder / f"canary-file-{row}.png")
    table["path"] = [f"canary-file-{row}.png" for row in range(len(table))]
    table["patient"] = "canary-patient-" + table["patient"]
    table["set"] = "canary-cell"  # a column that only looks like a split is told of, with what it holds
    (folder / "canary-file-broken.png").write_bytes(b"no picture")
    broken = table.iloc[:1].assign(path="canary-file-broken.png")
    pd.concat([table, broken])[["path", "label", "patient", "set"]].to_csv(folder / "table.csv", index=False)
    result = evaluate_run(copy, folder, name="there", home=fitted.home)
    ((path, reason),) = result["set_aside"]
    assert path == str(folder / "canary-file-broken.png")
    assert reason
    assert any("canary-cell" in text for text in result["warnings"])
    metrics = read_json(copy / "metrics.json")
    assert metrics["external:there"]["accuracy"]["n"] == len(table)
    assert "external:there: 1 cases could not be used and are left out" in metrics["_meta"]["warnings"]
    for item in sorted(copy.rglob("*")):
        if item.is_file() and copy / "private" not in item.parents:
            held = item.read_bytes()
            held += pd.read_parquet(item).to_csv().encode() if item.suffix == ".parquet" else b""
            assert b"canary" not in held, item.name


def test_costs_of_errors_are_told_and_move_the_calls(fitted, tmp_path):
    flags = {"trust.miss_cost": 20.0, "evaluation.explained": 0, "data.positive": "nodule"}
    fit_run(fitted.cohort, tmp_path / "run", flags=flags, home=fitted.home)
    cut = read_json(tmp_path / "run" / "bundle" / "calibration.json")
    assert cut["costs"] == {"miss": 20.0, "false_alarm": 1.0}
    found = read_json(tmp_path / "run" / "trust.json")["splits"]["test"]["costs"]
    assert found["expected"]["threshold"] == cut["threshold"]
    assert "A miss is said to cost 20" in (tmp_path / "run" / "report.html").read_text("utf-8")
    told = predict_files(tmp_path / "run", [fitted.cohort], home=fitted.home)
    assert any("cheapest cut where a miss costs 20 and a false alarm 1" in text for text in told.warnings)
    called = told.table["prediction"] == "nodule"
    assert (called == (told.table["p_nodule"] >= cut["threshold"]))[told.table["prediction"].notna()].all()
