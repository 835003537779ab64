"""Tables come back, and text in a CSV is inert."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import ArtifactError
from medgraft.experiment.tables import inert, read_table, write_csv, write_table


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
@settings(deadline=None, max_examples=30)
def test_floats_survive_csv(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    write_csv(path, pd.DataFrame({"p": values}))
    with path.open(newline="", encoding="utf-8") as file:
        assert [float(row["p"]) for row in csv.DictReader(file)] == values


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-x", "@a", "\tx"])
def test_formulas_are_text(tmp_path, text):
    write_csv(tmp_path / "table.csv", pd.DataFrame({text: [text, "plain"]}))
    lines = (tmp_path / "table.csv").read_text("utf-8").splitlines()
    assert all(line.lstrip('"').startswith(("'", "plain")) for line in lines)
    assert inert(-1.5) == -1.5


def test_parquet_comes_back_and_damage_is_noticed(tmp_path):
    table = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    path = tmp_path / "table.parquet"
    write_table(path, table, private=True)
    pd.testing.assert_frame_equal(read_table(path), pd.read_parquet(path))
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ArtifactError, match="damaged"):
        read_table(path)
    with pytest.raises(ArtifactError, match="No such file"):
        read_table(tmp_path / "nowhere.parquet")
