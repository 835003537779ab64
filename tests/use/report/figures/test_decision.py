"""Model, everybody and nobody on one axis."""

from __future__ import annotations

from medgraft.use.report.figures.decision import decision

ENDS = {"low": [0.1, 0.0, -0.1], "high": [0.3, 0.2, 0.1]}
FOUND = {
    "prevalence": 0.25,
    "thresholds": [0.1, 0.5, 0.9],
    "model": {"value": [0.2, 0.1, 0.0], **ENDS},
    "treat_all": {"value": [0.17, -0.5, -6.5], **ENDS},
}


def test_three_ways_to_act():
    figure = decision("external:<b>", {"decision": FOUND})
    named = {one["name"]: one["y"] for one in figure.data}
    assert named["Act on the model"] == [0.2, 0.1, 0.0]
    assert named["Treat everybody"] == [0.17, -0.5, -6.5]
    assert named["Treat nobody"] == [0, 0]
    assert "at a prevalence of 25.0 %" in figure.caption
    assert decision("test", {"decision": None}) is None
