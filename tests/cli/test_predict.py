"""``medgraft predict`` writes one row a picture."""

from __future__ import annotations

import pandas as pd


def test_predict(fitted, run, call, tmp_path):
    answer = call("predict", run, fitted.cohort / "images", "--out", tmp_path / "answers.csv", "--no-paths")
    table = pd.read_csv(tmp_path / "answers.csv")
    assert answer["pictures"] == len(table)
    assert "file" not in table
    inline = call("predict", run, fitted.cohort / "images")
    assert len(inline["rows"]) == len(table)
