"""A part of another site joins ``metrics.json`` and takes the place of its own kind only."""

from __future__ import annotations

import pytest

from medgraft.errors import UsageError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.external_part import external_part, keep_metrics
from medgraft.files import read_json

METRICS = {
    "format_version": 1,
    "test": {},
    "external:a": {"dice": 0},
    "_meta": {"warnings": ["test: few", "external:a: old"]},
}


def test_a_name_is_taken_once():
    assert external_part(METRICS, "b", overwrite=False) == "external:b"
    assert external_part(METRICS, "a", overwrite=True) == "external:a"
    with pytest.raises(UsageError, match="--name OTHER"):
        external_part(METRICS, "a", overwrite=False)


def test_numbers_and_what_is_told_of_them(tmp_path):
    keep_metrics(RunFolder(tmp_path), METRICS, "external:a", {"dice": 1}, ["new"])
    found = read_json(tmp_path / "metrics.json")
    assert found["external:a"] == {"dice": 1} and found["test"] == {}
    assert found["_meta"]["warnings"] == ["test: few", "external:a: new"]
