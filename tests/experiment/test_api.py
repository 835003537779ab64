"""The public functions: the names and defaults of the command line, and the user's own members."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

import medgraft
from medgraft.files import read_json


def test_fit_predict_report(fitted, tmp_path):
    result = medgraft.fit(
        fitted.cohort, tmp_path / "run", strategy={"kind": "linear-probe", "repeats": 1}, home=fitted.home.path
    )
    assert result.run == tmp_path / "run"
    answers = medgraft.predict(tmp_path / "run", fitted.cohort, home=fitted.home.path)
    assert set(answers["prediction"]) <= {"clear", "nodule"}
    assert medgraft.report(tmp_path / "run", images=False).exists()


def test_embed_and_evaluate(fitted, tmp_path):
    counts = medgraft.embed(fitted.cohort, tmp_path / "features.parquet", home=fitted.home.path)
    assert counts["cases"] == len(pd.read_parquet(tmp_path / "features.parquet"))


def test_groups_and_a_table_are_asked_for_as_on_the_command_line(with_table, tmp_path):
    run = shutil.copytree(with_table.run, tmp_path / "run")
    options = {"name": "again", "on_leak": "keep", "home": with_table.home.path, "clinical": with_table.table}
    medgraft.evaluate(run, with_table.cohort, by=["sex"], **options)
    for name in ("subgroups", "fusion"):
        assert "external:again" in read_json(run / f"{name}.json")["splits"]


def test_wrong_options_are_our_errors(fitted, tmp_path):
    wrong = {"options": {"pateint_col": "patient"}, "home": fitted.home.path}
    for call in (
        lambda: medgraft.fit(fitted.cohort, tmp_path / "run", **wrong),
        lambda: medgraft.evaluate(fitted.run, fitted.cohort, **wrong),
        lambda: medgraft.predict(fitted.run, fitted.cohort, **wrong),
        lambda: medgraft.embed(fitted.cohort, tmp_path / "features.parquet", **wrong),
    ):
        with pytest.raises(medgraft.UsageError, match=r"did you mean 'data\.patient_col'"):
            call()
    with pytest.raises(medgraft.UsageError, match=r"split\.on_leak"):
        medgraft.evaluate(fitted.run, fitted.cohort, on_leak="dorp", home=fitted.home.path)
    assert list(tmp_path.iterdir()) == []


def test_weights_of_ones_own(tmp_path):
    (tmp_path / "bad.pth").write_bytes(b"not weights")
    with pytest.raises(medgraft.WeightsError):
        medgraft.import_weights(tmp_path / "bad.pth", backbone="resnet18", home=tmp_path)
