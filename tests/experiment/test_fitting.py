"""The main job end to end: same numbers for the same seed, nothing computed twice, nothing private outside."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image as PillowImage

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import CohortError, LeakageError, UsageError
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.predicting import predict_files
from medgraft.files import read_json
from medgraft.home import Home


def numbers(run):
    return (run / "metrics.json").read_bytes()


def test_every_artefact_is_there(fitted):
    names = {item.name for item in fitted.run.iterdir()}
    assert names == {
        *("cohort.parquet", "audit.json", "split.json", "config.json", "history.csv", "bundle", "predictions.parquet"),
        *("metrics.json", "loso.json", "report.html", "model_card.md", "private", "timings.json"),
        *("trust.json", "explanations.json", "checklist.md"),
    }
    stages = {"startup", "read", "embed", "engine", "audit", "split", "head", "evaluate", "report"}
    assert stages <= fitted.result.timings.keys()
    assert fitted.result.forward_passes == fitted.result.decodes == len(pd.read_parquet(fitted.run / "cohort.parquet"))


def test_another_head_costs_no_pass_and_no_decode(fitted, tmp_path):
    result = fit_run(fitted.cohort, tmp_path / "run", sets=["strategy.class_weights=balanced"], home=fitted.home)
    assert (result.forward_passes, result.decodes) == (0, 0)


def test_the_count_of_decodes_is_true(fitted, tmp_path, monkeypatch):
    """With a reader that can read no pixel, the second fit does not notice."""

    def refuse(*_):
        raise AssertionError("a picture was decoded")

    monkeypatch.setattr(ImageReader, "read", refuse)
    sets = ["strategy.class_weights=balanced", "evaluation.explained=0"]  # heat maps are drawn over pixels
    fit_run(fitted.cohort, tmp_path / "run", sets=sets, home=fitted.home)
    with pytest.raises(AssertionError, match="a picture was decoded"):
        fit_run(fitted.cohort, tmp_path / "other", home=Home(tmp_path / "empty house"))


@pytest.mark.parametrize("stage", ["split_stage", "transfer_stage", "evaluation_stage", "render_report"])
def test_an_interrupted_fit_goes_on_to_the_same_numbers(fitted, tmp_path, monkeypatch, stage):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(f"medgraft.experiment.fitting.{stage}", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fit_run(fitted.cohort, run, home=fitted.home)
    assert not (run / "timings.json").exists()
    with pytest.raises(UsageError, match="seed differs"):
        fit_run(fitted.cohort, run, flags={"seed": 1}, home=fitted.home)
    result = fit_run(fitted.cohort, run, home=fitted.home)
    assert (result.already_done, result.decodes) == (False, 0)
    assert numbers(run) == numbers(fitted.run)
    assert (run / "bundle" / "MANIFEST.sha256").read_bytes() == (fitted.run / "bundle/MANIFEST.sha256").read_bytes()


def test_the_same_command_again_says_done(fitted):
    before = numbers(fitted.run)
    result = fit_run(fitted.cohort, fitted.run, home=fitted.home)
    assert result.already_done
    assert numbers(fitted.run) == before


def test_the_same_seed_gives_the_same_bits_in_any_house(fitted, tmp_path):
    fit_run(fitted.cohort, tmp_path / "here", home=fitted.home)
    fit_run(fitted.cohort, tmp_path / "there", home=Home(tmp_path / "another house"))
    assert numbers(tmp_path / "here") == numbers(tmp_path / "there") == numbers(fitted.run)
    ids = [read_json(run / "split.json")["train"] for run in (fitted.run, tmp_path / "there")]
    assert not set(ids[0]) & set(ids[1])


def test_another_seed_gives_another_split(fitted, tmp_path):
    fit_run(fitted.cohort, tmp_path / "run", flags={"seed": 5}, home=fitted.home)
    assert read_json(tmp_path / "run" / "split.json")["test"] != read_json(fitted.run / "split.json")["test"]


def test_no_patient_is_on_two_sides(fitted):
    split = read_json(fitted.run / "split.json")
    patients = pd.read_parquet(fitted.run / "cohort.parquet").set_index("case_id")["patient_id"]
    sides = [set(patients[split[part]]) for part in ("train", "val", "test")]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])


def everything_in(path):
    """The bytes of a file; of a table also its cells, which are packed in the file."""
    packed = path.suffix == ".parquet"
    return path.read_bytes() + (pd.read_parquet(path).to_csv().encode() if packed else b"")


def test_nothing_private_leaves_private(fitted, tmp_path):
    """Canaries in file names, folders and patient ids are found in ``private/`` and nowhere else."""
    table = pd.read_csv(fitted.cohort / "table.csv")
    folder = tmp_path / "canary-folder"
    folder.mkdir()
    for row, path in enumerate(table["path"]):
        shutil.copy(fitted.cohort / path, folder / f"canary-file-{row}.png")
    table["path"] = [f"canary-file-{row}.png" for row in range(len(table))]
    table["patient"] = "canary-patient-" + table["patient"]
    (folder / "canary-file-broken.png").write_bytes(b"no picture")
    for name in ("canary-file-broken.png", "canary-file-missing.png"):
        table = pd.concat([table, table.iloc[:1].assign(path=name)])
    table[["path", "label", "patient"]].to_csv(folder / "table.csv", index=False)
    run = tmp_path / "run"
    fit_run(folder, run, flags={"data.table": str(folder / "table.csv")}, home=fitted.home)
    private = run / "private"
    for path in sorted(run.rglob("*")):
        if path.is_file() and private not in path.parents:
            held = everything_in(path)
            assert b"canary-file" not in held, path.name
            assert b"canary-patient" not in held, path.name
            assert str(tmp_path).encode() not in held, path.name
    assert len(read_json(run / "audit.json")["quarantined"]) == 2
    assert read_json(run / "config.json")["data"]["table"] == "table.csv"
    links = pd.read_parquet(private / "links.parquet")
    assert links["patient"].str.startswith("canary-patient").all()
    for path in private.rglob("*"):
        assert path.is_dir() or path.stat().st_mode & 0o077 == 0
    assert private.stat().st_mode & 0o077 == 0


def test_a_synthetic_cohort_is_called_so(fitted):
    assert read_json(fitted.run / "config.json")["synthetic"] is True
    assert "synthetic" in (fitted.run / "report.html").read_text("utf-8").lower()


def test_thresholds_come_from_validation(fitted):
    test = read_json(fitted.run / "metrics.json")["test"]
    assert test["accuracy"]["threshold_from"] == "val"


def test_a_given_split_without_val_takes_the_threshold_from_cv(fitted, tmp_path):
    table = pd.read_csv(fitted.cohort / "table.csv")
    patients = sorted(set(table["patient"]))
    table["split"] = ["test" if patient in patients[::4] else "train" for patient in table["patient"]]
    table.to_csv(tmp_path / "given.csv", index=False)
    result = fit_run(fitted.cohort, tmp_path / "run", flags={"data.table": tmp_path / "given.csv"}, home=fitted.home)
    assert result.cases["val"] == 0
    assert result.metrics["test"]["accuracy"]["threshold_from"] == "cv"


@pytest.fixture
def leaking(fitted, tmp_path):
    """A given split in which one picture of the test part also stands, under another name, in train."""
    shutil.copytree(fitted.cohort / "images", tmp_path / "images")
    table = pd.read_csv(fitted.cohort / "table.csv")[["path", "label"]]
    table["split"] = ["test" if row % 4 == 0 else "train" for row in range(len(table))]
    copy = {"path": "images/copy.png", "label": table["label"][0], "split": "train"}
    shutil.copy(tmp_path / table["path"][0], tmp_path / "images" / "copy.png")
    pd.concat([table, pd.DataFrame([copy])]).to_csv(tmp_path / "table.csv", index=False)
    return tmp_path


def test_a_leak_is_dropped_from_train(leaking, fitted):
    result = fit_run(leaking, leaking / "run", home=fitted.home)
    (dropped,) = read_json(leaking / "run" / "split.json")["dropped"]
    assert dropped["from"] == "train"
    assert any("taken out" in text for text in result.warnings)


def test_a_leak_can_be_refused_or_kept_and_stamped(leaking, fitted):
    with pytest.raises(LeakageError):
        fit_run(leaking, leaking / "refused", flags={"split.on_leak": "error"}, home=fitted.home)
    result = fit_run(leaking, leaking / "kept", flags={"split.on_leak": "keep"}, home=fitted.home)
    assert result.metrics["_meta"]["stamp"] == "leaking split"
    assert "leaking split" in (leaking / "kept" / "report.html").read_text("utf-8")


def test_unreadable_pictures_are_set_aside_and_told(fitted, tmp_path):
    cohort = write_phantom(tmp_path / "cohort", patients=16, images_per_patient=(1, 1), size=64, layout="folders")
    victim = sorted(cohort.rglob("*.png"))[0]
    victim.write_bytes(victim.read_bytes()[:200])
    result = fit_run(cohort, tmp_path / "run", home=fitted.home)
    ((path, reason),) = result.quarantined
    assert path == str(victim)
    assert reason
    audit = (tmp_path / "run" / "audit.json").read_text("utf-8")
    assert json.loads(audit)["quarantined"][0]["reason"] == reason
    assert victim.name not in audit


def test_sixteen_bits_are_not_white(tmp_path, fitted):
    rng = np.random.default_rng(0)
    for label, level in (("dark", 8000), ("bright", 24000)):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(8):
            pixels = rng.integers(level, level + 4000, (32, 32)).astype(np.uint16)
            PillowImage.fromarray(pixels).save(tmp_path / "data" / label / f"{number}.png")
    result = fit_run(tmp_path / "data", tmp_path / "run", home=fitted.home)
    assert result.metrics["cv"]["auroc"]["value"] > 0.95


def test_mistakes_are_told_before_anything_is_written(tmp_path, fitted):
    with pytest.raises(CohortError, match="there is no such file or folder"):
        fit_run(tmp_path / "nowhere", tmp_path / "run", home=fitted.home)
    with pytest.raises(UsageError, match="did you mean"):
        fit_run(fitted.cohort, tmp_path / "run", flags={"backbone.name": "tf_efficientnet_lite00"}, home=fitted.home)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CohortError, match="found 0 pictures"):
        fit_run(tmp_path / "empty", tmp_path / "run", home=fitted.home)
    with pytest.raises(UsageError, match="there is no engine 'opnvino'"):
        fit_run(fitted.cohort, tmp_path / "run", flags={"engine": "opnvino"}, home=fitted.home)
    assert not (tmp_path / "run").exists()


def test_a_refused_leak_leaves_the_folder_free(leaking, fitted):
    with pytest.raises(LeakageError):
        fit_run(leaking, leaking / "run", flags={"split.on_leak": "error"}, home=fitted.home)
    assert not (leaking / "run").exists()
    result = fit_run(leaking, leaking / "run", home=fitted.home)
    assert result.metrics["test"]["auroc"]["n"] > 0


def test_formulas_as_labels_are_text_in_every_csv(fitted, tmp_path):
    cohort = write_phantom(tmp_path / "cohort", patients=16, images_per_patient=(1, 1), size=64, layout="folders")
    (cohort / "nodule").rename(cohort / "=cmd()")
    fit_run(cohort, tmp_path / "run", home=fitted.home)
    predict_files(tmp_path / "run", [cohort / "=cmd()"], out=tmp_path / "answers.csv", home=fitted.home)
    for path in (tmp_path / "answers.csv", tmp_path / "run" / "history.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert cells
        assert not [cell for cell in cells if cell[:1] in ("=", "+", "@")]
    assert "'=cmd()" in (tmp_path / "answers.csv").read_text("utf-8")


def test_lp_ft_goes_all_the_way(fitted, tmp_path):
    sets = ["strategy.epochs=1", "preprocess.size=64", "strategy.lr=0.0005"]
    result = fit_run(fitted.cohort, tmp_path / "run", sets=sets, flags={"strategy.kind": "lp-ft"}, home=fitted.home)
    assert result.metrics["test"]["auroc"]["n"] > 0
    history = pd.read_csv(tmp_path / "run" / "history.csv")
    assert history["epoch"].tolist() == [0, 1]
    private = tmp_path / "run" / "private"
    files = [path for path in private.rglob("*") if path.is_file()]
    assert any("checkpoints" in path.parts for path in files)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert private.stat().st_mode & 0o777 == 0o700


def test_two_backbones_side_by_side_share_the_cache_and_predict_alike(fitted, tmp_path):
    """The parts alone, then both: no pass is left; the bundle has both networks' weights and needs nothing else."""
    name, sets = "tf_efficientnet_lite0+tf_efficientnet_lite0@random", ["preprocess.size=64"]
    home = Home(tmp_path / "house")
    for part in name.split("+"):
        alone = fit_run(fitted.cohort, tmp_path / part, sets=sets, flags={"backbone.name": part}, home=home)
        assert alone.forward_passes > 0
    run = tmp_path / "both"
    assert fit_run(fitted.cohort, run, sets=sets, flags={"backbone.name": name}, home=home).forward_passes == 0
    model = read_json(run / "bundle" / "model.json")
    assert [part["weights"] for part in model["backbone"]["parts"]][1] == "random"
    rows = pd.read_parquet(run / "predictions.parquet").query("split == 'test'").set_index("case_id")
    elsewhere = Home(tmp_path / "elsewhere")
    elsewhere.path.mkdir()
    shutil.copy(home.path / "key", elsewhere.path)  # the same ids, and an empty cache
    found = predict_files(run, [fitted.cohort], home=elsewhere)
    assert found.forward_passes > 0
    answers = found.table.set_index("case_id")
    np.testing.assert_allclose(answers.loc[rows.index, "p_nodule"].astype(float), rows["p_nodule"], atol=1e-6)
