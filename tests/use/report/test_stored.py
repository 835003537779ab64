from __future__ import annotations

import pandas as pd
import pytest

from medgraft.errors import ArtifactError
from medgraft.files import write_json
from medgraft.use.report.stored import history, optional_json, optional_table, table


def test_what_is_there_is_read(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    write_json(tmp_path / "b.json", {"b": 2})
    (tmp_path / "history.csv").write_text("epoch,loss\n1,0.5\n")
    assert table(tmp_path / "a.parquet")["a"].tolist() == [1]
    assert optional_json(tmp_path / "b.json")["b"] == 2
    assert history(tmp_path / "history.csv")["loss"].tolist() == [0.5]


def test_what_may_be_missing_is_empty(tmp_path):
    assert optional_table(tmp_path / "a.parquet").empty and optional_json(tmp_path / "b.json") == {}
    assert history(tmp_path / "history.csv").empty
    (tmp_path / "history.csv").touch()
    assert history(tmp_path / "history.csv").empty
    with pytest.raises(ArtifactError, match="is missing"):
        table(tmp_path / "a.parquet")


def test_damage_is_an_error(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"broken")
    for read in (table, optional_table):
        with pytest.raises(ArtifactError, match="damaged"):
            read(tmp_path / "a.parquet")
    (tmp_path / "history.csv").write_bytes(b"\xff\xfe\x00bad\x00")
    with pytest.raises(ArtifactError, match="damaged"):
        history(tmp_path / "history.csv")
