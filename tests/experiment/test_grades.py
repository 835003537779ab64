"""Grades from end to end: their order holds in bundle and numbers, and mistakes in it are told at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from medgraft.cli.main import main
from medgraft.errors import CohortError
from medgraft.experiment.fitting import fit_run
from medgraft.files import read_json
from medgraft.transfer.models.bundle import read_bundle


@pytest.fixture(scope="module")
def graded(fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("graded")
    table = pd.read_csv(fitted.cohort / "table.csv")
    rank = table.groupby("patient")["nodules"].transform("max").astype(int) % 2 + (np.arange(len(table)) // 9) % 2
    table["grade"] = rank.map({0: "low", 1: "middle", 2: "high"})
    table["path"] = [str(fitted.cohort / path) for path in table["path"]]
    table[["path", "patient", "grade"]].to_csv(folder / "grades.csv", index=False)
    flags = {"data.label_col": "grade", "data.order": ["low", "middle", "high"]}
    fit_run(folder / "grades.csv", folder / "run", flags=flags, home=fitted.home)
    return folder


def test_the_order_is_that_of_the_user(graded):
    bundle = read_bundle(graded / "run" / "bundle")
    assert (bundle.task.kind, bundle.task.labels) == ("ordinal", ("low", "middle", "high"))
    assert bundle.head.kind == "grades"


def test_kappa_and_error_of_the_test_set_against_scikit_learn(graded):
    rows = pd.read_parquet(graded / "run" / "predictions.parquet").query("split == 'test'")
    place = {"low": 0, "middle": 1, "high": 2}
    truth, called = rows["y_true"].map(place), rows["y_pred"].map(place)
    told = read_json(graded / "run" / "metrics.json")["test"]
    assert told["kappa_quadratic"]["value"] == pytest.approx(cohen_kappa_score(truth, called, weights="quadratic"))
    assert told["grade_error"]["value"] == pytest.approx(np.abs(truth - called).mean())
    assert "Quadratic κ" in (graded / "run" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("low,midle,high", "midle.*did you mean 'middle'"),
        ("low,high", "leaves out 'middle'"),
        ("low,middle,middle,high", "names a class twice"),
    ],
)
def test_mistakes_in_the_order(graded, tmp_path, fitted, order, words):
    flags = {"data.label_col": "grade", "data.order": order.split(",")}
    with pytest.raises(CohortError, match=words):
        fit_run(graded / "grades.csv", tmp_path / "run", flags=flags, home=fitted.home)


def test_two_classes_have_no_order(fitted, tmp_path, capsys):
    command = ["fit", str(fitted.cohort), "--out", str(tmp_path / "run"), "--home", str(fitted.home.path), "--json"]
    classes = read_json(fitted.run / "metrics.json")["_meta"]["labels"]
    assert main([*command, "--order", ",".join(classes)]) == 3
    assert "two classes have no order" in capsys.readouterr().err
