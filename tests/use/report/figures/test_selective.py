"""The curve is the file's, in its band."""

from __future__ import annotations

from medgraft.use.report.figures.selective import selective

CURVE = {"coverage": [0.2, 0.6, 1.0], "risk": [0.0, 0.1, 0.3], "low": [0.0, 0.05, 0.2], "high": [0.2, 0.2, 0.4]}


def test_curve_and_band():
    figure = selective("test", {"selective": CURVE})
    band, curve = figure.data
    assert (curve["x"], curve["y"]) == ([0.2, 0.6, 1.0], [0.0, 0.1, 0.3])
    assert band["y"] == [0.2, 0.2, 0.4, 0.2, 0.05, 0.0]
    assert "30.0 % at 100 %" in figure.alt


def test_one_point_is_no_curve():
    assert selective("test", {"selective": {name: values[:1] for name, values in CURVE.items()}}) is None
    assert selective("test", {}) is None
