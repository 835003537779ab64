"""``medgraft embed`` writes a table of features."""

from __future__ import annotations


def test_embed(fitted, call, tmp_path):
    assert call("embed", fitted.cohort, "--out", tmp_path / "features.parquet")["features"] == 2848
