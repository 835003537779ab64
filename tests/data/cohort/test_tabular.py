"""Tables as text: delimiters, encodings, missing cells, row numbers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from medgraft.data.cohort.tabular import read_rows
from medgraft.errors import CohortError


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiter_and_encoding(tmp_path: Path, delimiter: str, encoding: str) -> None:
    lines = ["name{d} label ", '"x{d}1"{d}ö', "", "y{d}NA"]
    (tmp_path / "t.csv").write_text("\n".join(lines).replace("{d}", delimiter), encoding)
    rows = read_rows(tmp_path / "t.csv")
    assert rows.header == ("name", "label")
    assert rows.column("name") == [f"x{delimiter}1", "y"]
    assert rows.column("label") == ["ö", None]
    assert rows.numbers == (2, 4)


def test_parquet_numbers_are_text(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, None, 2.5], "b": [True, False, True], "c": ["x", None, "null"]})
    frame.to_parquet(tmp_path / "t.parquet")
    rows = read_rows(tmp_path / "t.parquet")
    assert rows.column("a") == ["1", None, "2.5"]
    assert rows.column("b") == ["True", "False", "True"]
    assert rows.column("c") == ["x", None, None]


def test_what_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="No such file"):
        read_rows(tmp_path / "gone.csv")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3\n", "utf-8")
    with pytest.raises(CohortError, match="row 3 has 1 cells, the header has 2"):
        read_rows(tmp_path / "t.csv")
