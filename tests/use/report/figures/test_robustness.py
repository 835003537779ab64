"""The drawing over severities: a curve for each corruption, the mean with its band."""

from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.figures.robustness import robustness


def test_no_file_no_figure(fabricate):
    assert robustness(dataclasses.replace(read_artefacts(fabricate()), robustness={})) is None


def test_the_mean_stands_out(fabricate):
    figure = robustness(read_artefacts(fabricate()))
    band, *each, mean = figure.data
    assert band["x"] == [0, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0]
    assert band["y"][:2] == [0.85, 0.81]
    assert (mean["name"], mean["y"]) == ("Mean of all", [0.8, 0.76, 0.72, 0.68, 0.64, 0.6])
    assert mean["line"]["width"] > max(one["line"]["width"] for one in each)
    assert [(one["name"], one["y"][-1]) for one in each] == [("jpeg", 0.8), ("motion blur", 0.4)]
    assert "External: <b>south</b>" in figure.caption  # escaped by the page
    assert "0.800, 0.760" in figure.alt
