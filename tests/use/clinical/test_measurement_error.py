"""Repeatability against draws, and what runs say of themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medgraft.errors import ArtifactError
from medgraft.files import write_json
from medgraft.use.clinical.measurement_error import errors_of_run, repeatability_percent


def test_two_measurements_differ_by_less_in_95_of_100():
    drawn = 10.0 * (1 + 0.08 * np.random.default_rng(0).standard_normal((2, 200_000)))
    apart = 100 * np.abs(drawn[1] - drawn[0]) / 10.0
    limit = repeatability_percent(0.08)
    assert limit == pytest.approx(22.17, abs=0.01)
    assert (apart < limit).mean() == pytest.approx(0.95, abs=0.002)


@pytest.mark.parametrize("unknown", [None, math.nan, -0.1])
def test_unknown_stays_unknown(unknown):
    assert repeatability_percent(unknown) is None


def test_what_a_run_says(tmp_path):
    assert errors_of_run(tmp_path) == {}
    write_json(tmp_path / "metrics.json", {"_meta": {"measurement_error": {"a": 0.2}}})
    assert errors_of_run(tmp_path) == {"a": 0.2}
    stated = {"a": {"relative_sd": 0.05, "unit": "mL"}, "b": {"relative_sd": None}, "c": {}, "d": True}
    write_json(tmp_path / "outline_facts.json", {"measurement_error": stated})
    assert errors_of_run(tmp_path) == {"a": 0.05}
    write_json(tmp_path / "bundle" / "calibration.json", {"measurement_error": {"a": {"relative_sd": 0.07}}})
    assert errors_of_run(tmp_path) == {"a": 0.07}
    (tmp_path / "bundle" / "calibration.json").write_text("{", "utf-8")
    with pytest.raises(ArtifactError, match="damaged"):
        errors_of_run(tmp_path)
