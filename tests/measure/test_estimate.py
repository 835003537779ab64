"""What one number looks like in metrics.json."""

from __future__ import annotations

import math

from medgraft.measure.estimate import Estimate


def test_threshold_keys_appear_only_with_a_threshold() -> None:
    plain = Estimate(0.5, 0.4, 0.6, 10).to_dict()
    assert plain == {"value": 0.5, "low": 0.4, "high": 0.6, "n": 10, "n_patients": None}
    cut = Estimate(0.5, 0.4, 0.6, 10, 8, 0.3, "val").to_dict()
    assert (cut["threshold"], cut["threshold_from"], cut["n_patients"]) == (0.3, "val", 8)


def test_events_appear_only_where_they_are_counted() -> None:
    assert "events" not in Estimate(0.5, 0.4, 0.6, 10).to_dict()
    assert Estimate(0.5, 0.4, 0.6, 10, events=0).to_dict()["events"] == 0


def test_an_undefined_value_is_none() -> None:
    assert Estimate(math.nan, math.nan, math.nan, 0).to_dict()["value"] is None
