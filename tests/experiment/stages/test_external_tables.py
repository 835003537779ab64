"""A new site by groups and with its clinical table: the same rows and the same arithmetic as in the fit."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import CohortError, ConfigError, UsageError
from medgraft.experiment.config import resolve_config
from medgraft.experiment.predicting import evaluate_run
from medgraft.files import read_json


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Patients of another site, and a table of all but two of them."""
    folder = tmp_path_factory.mktemp("site")
    write_phantom(folder / "data", patients=30, images_per_patient=(1, 2), size=64, seed=77)
    rows = pd.read_csv(folder / "data" / "table.csv").drop_duplicates("patient")
    rng, yes = np.random.default_rng(1), (rows["label"] == "nodule").to_numpy()
    told = pd.DataFrame({"patient": rows["patient"], "marker": rng.normal(size=len(rows)) + 1.5 * yes})
    told["age"], told["sex"], told["crp"] = rng.integers(30, 90, len(rows)), np.resize(["f", "m"], len(rows)), 1.0
    told.iloc[2:].to_csv(folder / "clinic.csv", index=False)
    return folder


@pytest.fixture
def run(with_table, tmp_path):
    shutil.copytree(with_table.run, tmp_path / "run")
    return tmp_path / "run"


def evaluated(run, site, home, **flags):
    config = resolve_config(flags=flags)
    return evaluate_run(run, site / "data", name="new", tables=config, home=home)


def test_groups_and_fusion_join_what_the_fit_wrote(run, site, with_table):
    before = {name: read_json(run / name) for name in ("subgroups.json", "fusion.json")}
    flags = {"evaluation.by": ["sex", "nodules"], "clinical.file": site / "clinic.csv"}
    evaluated(run, site, with_table.home, **flags)
    groups, fusion = read_json(run / "subgroups.json"), read_json(run / "fusion.json")
    for name, after in (("subgroups.json", groups), ("fusion.json", fusion)):
        assert {part: after["splits"][part] for part in before[name]["splits"]} == before[name]["splits"]
    assert groups["by"] == [*before["subgroups.json"]["by"], "nodules"]

    own = pd.read_parquet(run / "predictions.parquet").query("split == 'external:new'")
    sexes = {row["group"]: row for row in groups["splits"]["external:new"]["columns"][0]["groups"]}
    assert set(sexes) == {"f", "m"}
    rows = pd.read_parquet(run / "fusion_predictions.parquet").query("split == 'external:new'")
    assert sum(row["n"] for row in sexes.values()) == len(rows) < len(own)
    found = fusion["splits"]["external:new"]
    assert found["without_a_row"] == len(own) - len(rows)
    for name in ("image", "table", "both"):
        value = roc_auc_score(rows["y_true"] == "nodule", rows[f"{name}_p_nodule"])
        assert found["models"][name]["auroc"]["value"] == pytest.approx(value)
    np.testing.assert_allclose(
        rows.set_index("case_id")["image_p_nodule"], own.set_index("case_id").loc[rows["case_id"], "p_nodule"]
    )
    assert "External: new" in (run / "report.html").read_text("utf-8")
    again = pd.read_parquet(run / "fusion_predictions.parquet")
    assert set(again["split"]) == {"test", "cv", "external:new"}


def test_nothing_asked_for_changes_nothing(run, site, with_table):
    before = (run / "subgroups.json").read_bytes(), (run / "fusion.json").read_bytes()
    evaluated(run, site, with_table.home)
    assert ((run / "subgroups.json").read_bytes(), (run / "fusion.json").read_bytes()) == before


def test_what_does_not_fit_is_refused_before_anything_is_written(run, site, with_table, fitted, tmp_path):
    with pytest.raises(ConfigError, match="--by gender: there is no such column"):
        evaluated(run, site, with_table.home, **{"evaluation.by": ["gender"]})
    with pytest.raises(UsageError, match="fitted without a table"):
        evaluated(fitted.run, site, with_table.home, **{"clinical.file": site / "clinic.csv"})
    strangers = pd.read_csv(site / "clinic.csv").assign(patient=[f"Q{number}" for number in range(28)])
    strangers.to_csv(tmp_path / "other.csv", index=False)
    with pytest.raises(CohortError, match="row"):
        evaluated(run, site, with_table.home, **{"clinical.file": tmp_path / "other.csv"})
    assert "external:new" not in read_json(run / "metrics.json")


def test_groups_of_a_run_without_any(fitted, site, tmp_path):
    shutil.copytree(fitted.run, tmp_path / "run")
    evaluated(tmp_path / "run", site, fitted.home, **{"evaluation.by": ["site"]})
    found = read_json(tmp_path / "run" / "subgroups.json")
    assert (found["by"], set(found["splits"])) == (["site"], {"external:new"})
