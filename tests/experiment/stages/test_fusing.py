"""The stage of image and table: the same cases for all three models, numbers that the rows bear out, nobody's row."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from medgraft.experiment.fitting import fit_run
from medgraft.files import read_json, verify_manifest


@pytest.fixture(scope="module")
def told(with_table):
    return read_json(with_table.run / "fusion.json")


def test_numbers_are_those_of_the_rows(with_table, told):
    rows = pd.read_parquet(with_table.run / "fusion_predictions.parquet")
    for part, one in told["splits"].items():
        own = rows[rows["split"] == part]
        assert one["n"] == len(own)
        for name, metrics in one["models"].items():
            value = roc_auc_score(own["y_true"] == "nodule", own[f"{name}_p_nodule"])
            assert metrics["auroc"]["value"] == pytest.approx(value)
            assert metrics["auroc"]["n"] == len(own)


def test_the_image_is_the_run_s_own_on_the_cases_with_a_row(with_table):
    own = pd.read_parquet(with_table.run / "predictions.parquet").query("split == 'test'").set_index("case_id")
    rows = pd.read_parquet(with_table.run / "fusion_predictions.parquet").query("split == 'test'").set_index("case_id")
    np.testing.assert_allclose(rows["image_p_nodule"], own.loc[rows.index, "p_nodule"])
    assert read_json(with_table.run / "fusion.json")["splits"]["test"]["without_a_row"] == len(own) - len(rows)


def test_the_calibrated_answers_are_what_is_fused(with_table):
    """Of cross-validation those of the first repeat, by calibrators that had not seen the case."""
    rows = pd.read_parquet(with_table.run / "fusion_predictions.parquet").query("split == 'cv'").set_index("case_id")
    own = pd.read_parquet(with_table.run / "predictions.parquet").query("split == 'cv' and repeat == 0")
    np.testing.assert_allclose(rows["image_p_nodule"], own.set_index("case_id").loc[rows.index, "p_nodule"])


def test_what_was_joined_is_told(told, with_table):
    assert [column["name"] for column in told["columns"]] == ["marker", "age", "sex", "crp"]
    assert told["image_answers_from"] == "cv"
    assert told["cases_with_a_row"] < told["cases"]
    assert any("verdict equals the label" in text for text in with_table.result.warnings)
    assert {item["column"] for item in told["slopes"]} >= {"image", "marker", "crp missing", "sex = f"}


def test_nobodys_row_leaves_private(with_table):
    table = pd.read_csv(with_table.table)
    private = pd.read_parquet(with_table.run / "private" / "clinical.parquet")
    assert set(table["marker"]) <= set(private["marker"].dropna())
    assert (with_table.run / "private" / "clinical.parquet").stat().st_mode & 0o077 == 0
    shown = [path for path in with_table.run.rglob("*") if path.is_file() and "private" not in path.parts]
    names = [str(name).encode() for name in table["patient"]]
    assert not [path.name for path in shown for name in names if name in path.read_bytes()]
    kept = json.loads((with_table.run / "bundle" / "clinical.json").read_text("utf-8"))
    assert set(kept["encoder"][2]["groups"]) == {"f", "m"}
    verify_manifest(with_table.run / "bundle")


def test_the_report_says_it(with_table):
    page = (with_table.run / "report.html").read_text("utf-8")
    assert "Image and table together" in page
    assert "the table adds to the image" in page


def test_the_runs_own_numbers_do_not_move(with_table, fitted):
    assert (with_table.run / "metrics.json").read_bytes() == (fitted.run / "metrics.json").read_bytes()


def test_without_cross_validation_the_validation_cases_teach(fitted, with_table, tmp_path):
    flags = {"clinical.file": with_table.table, "clinical.columns": ["marker"], "strategy.repeats": 0}
    fit_run(fitted.cohort, tmp_path / "run", flags=flags, home=fitted.home)
    told = read_json(tmp_path / "run" / "fusion.json")
    assert told["image_answers_from"] == "val"
    assert list(told["splits"]) == ["test"]
