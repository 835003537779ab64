"""Groups of cases by columns of the cohort, the clinical table and the table that DATA is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from medgraft.data.cohort.read import read_cohort
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import ConfigError
from medgraft.experiment.config import resolve_config
from medgraft.experiment.stages.subgroups import group_columns
from medgraft.files import read_json


@pytest.fixture(scope="module")
def cohort(fitted):
    return read_cohort(fitted.cohort, resolve_config().data, home=fitted.home, reader=ImageReader())


def groups(cohort, data, **evaluation):
    config = resolve_config(flags={f"evaluation.{name}": value for name, value in evaluation.items()})
    return group_columns(config, cohort, None, data)


def test_columns_of_the_cohort_and_of_its_table_go_with_their_case(cohort, fitted):
    found = groups(cohort, fitted.cohort, by=["site", "nodules"])
    table = pd.read_csv(fitted.cohort / "table.csv")
    table["path"] = [str((fitted.cohort / path).resolve()) for path in table["path"]]
    expected = table.set_index("path").loc[cohort.table["path"]]
    assert found["site"].tolist() == expected["site"].tolist()
    assert found["nodules"].tolist() == [f"{value:g}" for value in expected["nodules"]]


def test_a_number_is_cut_at_thirds_or_where_it_is_said(cohort, fitted):
    thirds = groups(cohort, fitted.cohort, by=["x_px"])["x_px"]
    assert thirds.nunique() == 3
    values = pd.read_csv(fitted.cohort / "table.csv").set_index("path")["x_px"]
    paths = [str(path).removeprefix(f"{fitted.cohort.resolve()}/") for path in cohort.table["path"]]
    cut = groups(cohort, fitted.cohort, by=["x_px"], bands={"x_px": [25, 35.5]})["x_px"]
    for path, group in zip(paths, cut, strict=True):
        value = values[path]
        if np.isnan(value):
            assert group is None or pd.isna(group)
        else:
            assert group == ("under 25" if value < 25 else "35.5 and over" if value >= 35.5 else "25 to under 35.5")


def test_whole_numbers_get_whole_bands(cohort, fitted, tmp_path):
    table = pd.read_csv(fitted.cohort / "table.csv")
    table["path"] = [str((fitted.cohort / path).resolve()) for path in table["path"]]
    table["age"] = 30 + 7 * np.arange(len(table)) % 53
    table.to_csv(tmp_path / "table.csv", index=False)
    found = groups(cohort, tmp_path / "table.csv", by=["age"])["age"]
    assert found.nunique() == 3 and not found.str.contains(".", regex=False).any()


def test_no_column_is_no_group(cohort, fitted):
    assert groups(cohort, fitted.cohort).shape == (len(cohort), 0)


def test_a_column_that_is_nowhere_and_bands_of_no_column(cohort, fitted):
    with pytest.raises(ConfigError, match=r"--by sitee: there is no such column \(did you mean 'site'"):
        groups(cohort, fitted.cohort, by=["sitee"])
    with pytest.raises(ConfigError, match=r"evaluation\.bands of age"):
        groups(cohort, fitted.cohort, by=["site"], bands={"age": [50]})


def test_a_run_tells_its_groups(with_table):
    told = read_json(with_table.run / "subgroups.json")
    assert told["by"] == ["sex", "age", "site", "radius_mm"]
    columns = {column["column"]: column for column in told["splits"]["cv"]["columns"]}
    predictions = pd.read_parquet(with_table.run / "predictions.parquet").query("split == 'cv'")
    cases = predictions["case_id"].nunique()
    sizes = {name: sum(row["n"] for row in column["groups"]) + column["unknown"] for name, column in columns.items()}
    assert sizes["site"] == cases
    assert columns["sex"]["unknown"] > 0
    assert [row["group"] for row in columns["sex"]["groups"]] == ["f", "m"]
    bands = [row["group"] for row in columns["age"]["groups"]]
    assert set(bands) <= {"under 50", "50 to under 70", "70 and over"}
    assert told["splits"]["cv"]["comparisons"] > 0
    assert "Groups of patients" in (with_table.run / "report.html").read_text("utf-8")


def test_a_run_without_groups_has_no_file(fitted):
    assert not (fitted.run / "subgroups.json").exists()
