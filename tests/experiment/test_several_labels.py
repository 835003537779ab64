"""A cohort of several labels a case, some unknown, through fit, evaluate, predict and the report."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from medgraft.cli.main import main
from medgraft.data.phantom.cohort import write_phantom

SCHEMAS = Path(__file__).resolve().parents[2] / "src" / "medgraft" / "experiment" / "schemas"
LABELS = ("nodule", "large", "site, b")
COLUMNS = ["--table", "labels.csv", "--label-col", "nodule,large", "--label-col", "site, b"]


def write_labels(folder, seed):
    """``labels.csv``: nodule with a tenth unknown, large (unknown where there is none), and the site."""
    table = pd.read_csv(folder / "table.csv")
    nodule = (table["nodules"] > 0).map({True: "1", False: "0"})
    nodule[np.random.default_rng(seed).random(len(table)) < 0.1] = "-1"
    large = (table["radius_mm"] > 13).map({True: "yes", False: "no"}).where(table["nodules"] > 0, "uncertain")
    site = table["site"].str.endswith("b").astype(int)
    frame = pd.DataFrame({"path": table["path"], "patient": table["patient"], "nodule": nodule, "large": large})
    frame.assign(**{"site, b": site}).to_csv(folder / "labels.csv", index=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """``data/`` and ``other/`` phantoms, and ``run/``, fitted on the first."""
    here = tmp_path_factory.mktemp("several")
    for name, patients, seed in (("data", 48, 1), ("other", 16, 2)):
        write_phantom(here / name, patients=patients, images_per_patient=(1, 2), size=64, seed=seed)
        write_labels(here / name, seed)
    command = ["fit", str(here / "data"), *COLUMNS, "--backbone", "classical", "--out", str(here / "run")]
    assert main([*command, "--home", str(here / "home")]) == 0
    return here


def content(path):
    return json.loads(path.read_text("utf-8"))


def test_the_numbers_are_of_the_known_cases(folder):
    rows, metrics = pd.read_parquet(folder / "run/predictions.parquet"), content(folder / "run/metrics.json")
    assert list(rows.columns[6:]) == [f"{sign}_{label}" for label in LABELS for sign in ("y", "called")] + [
        f"p_{label}" for label in LABELS
    ]
    for split in ("train", "test", "cv"):
        for label in LABELS:
            part = rows[(rows["split"] == split) & rows[f"y_{label}"].notna()]
            repeats = [one for _, one in part.groupby("repeat")] or [part]
            found = metrics[split]["per_class"][label]["auroc"]
            each = [roc_auc_score(one[f"y_{label}"], one[f"p_{label}"]) for one in repeats]
            assert found["value"] == pytest.approx(np.mean(each))
            assert found["n"] == len(repeats[0])
        auroc = [metrics[split]["per_class"][label]["auroc"]["value"] for label in LABELS]
        assert metrics[split]["auroc"]["value"] == pytest.approx(np.mean(auroc))
    assert metrics["test"]["per_class"]["site, b"]["auroc"]["value"] == 1
    cut = content(folder / "run/bundle/calibration.json")["per_label"]
    test = rows[rows["split"] == "test"]
    for label in LABELS:
        assert ((test[f"p_{label}"] >= cut[label]["threshold"]) == test[f"called_{label}"]).all()
    assert any("predicts the label site, b" in one["text"] for one in content(folder / "run/audit.json")["shortcuts"])


@pytest.mark.parametrize("name", ["metrics", "bundle/labels", "bundle/calibration", "bundle/model", "config", "audit"])
def test_files_fit_their_schemas(folder, name):
    schema = content(SCHEMAS / f"{Path(name).name}.json")
    jsonschema.validate(content(folder / "run" / f"{name}.json"), schema)


def test_the_report_tells_the_labels(folder):
    page = (folder / "run/report.html").read_text("utf-8")
    assert "looks for 3 labels" in page
    assert "Cases with each label by part of the split" in page
    assert "ROC curve" in page
    assert 'id="errors"' not in page
    assert main(["report", str(folder / "run")]) == 0


def test_predict_and_evaluate(folder, capsys):
    run, other, out = str(folder / "run"), str(folder / "other"), folder / "answers.csv"
    home = ["--home", str(folder / "home")]
    (folder / "other/images/broken.png").write_bytes(b"no picture")
    assert main(["predict", run, str(folder / "other/images"), "--out", str(out), *home]) == 0
    table = pd.read_csv(out)
    good = table[table["reason"].isna()]
    assert len(good) == len(table) - 1
    assert good["prediction"].isna().sum() == (good["strangeness"] > 1).sum() <= 3  # the gate may refuse one in twenty
    possible = good["set"].dropna().str.split("|").explode()
    assert set(possible) <= {*LABELS, ""} and good["abstain"].str.contains("undecided").any()
    assert good[[f"p_{label}" for label in LABELS]].to_numpy().min() >= 0
    assert set(good["called_nodule"]) <= {0, 1}
    assert table["called_nodule"].isna().sum() == 1
    capsys.readouterr()
    assert main(["evaluate", run, other, "--table", "labels.csv", "--json", *home]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["metrics"]["per_class"]) == set(LABELS)
    assert main(["evaluate", run, other, "--table", "table.csv", "--label-col", "label", "--name", "x", *home]) == 3
    assert "the data have one label a case, and this run several" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--strategy", "knn", "--with-gallery"], 2, "learns one label a case; use --strategy linear-probe"),
        (["--budget", "1m"], 2, "--budget with a multi-label task"),
        (["--label-map", "a=b"], 3, "--label-map is about the classes of one label"),
        (["--label-col", "nodul"], 3, "'nodul' of --label-col is not there (did you mean 'nodule'?)"),
        (["--label-col", "patient"], 3, "row 2 of the label 'patient' holds 'P10001'"),
    ],
)
def test_mistakes_are_told(folder, capsys, more, code, words):
    command = ["fit", str(folder / "data"), *COLUMNS, "--backbone", "classical", "--out", str(folder / "no"), *more]
    assert main([*command, "--home", str(folder / "home")]) == code
    said = " ".join(capsys.readouterr().err.split())
    assert words in said
    assert not (folder / "no").exists()


def test_rank_is_told_to_take_one_label(folder, capsys):
    command = ["rank", str(folder / "data"), *COLUMNS, "--backbones", "classical", "--home", str(folder / "home")]
    assert main(command) == 2
    assert "name one column with --label-col" in " ".join(capsys.readouterr().err.split())
