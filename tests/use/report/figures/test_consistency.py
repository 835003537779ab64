"""Points and band are those of the file; what lies outside is counted."""

from __future__ import annotations

from medgraft.use.report.figures.consistency import consistency

BARS = [
    {"said": 0.1, "so": 0.12, "low": 0.05, "high": 0.2, "n": 30},
    {"said": 0.8, "so": 0.5, "low": 0.7, "high": 0.9, "n": 25},
]


def test_points_band_and_count():
    figure = consistency("test", {"reliability": BARS})
    band, points = figure.data
    assert points["x"] == [0.1, 0.8] and points["y"] == [0.12, 0.5]
    assert band["x"] == [0.1, 0.8, 0.8, 0.1] and band["y"] == [0.2, 0.9, 0.7, 0.05]
    assert figure.alt.startswith("1 of 2 points lie outside")
    assert consistency("test", {}) is None
