"""The drawing of a learning curve: what was seen, the law, and beyond."""

from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.figures.learning_curve import learning_curve


def test_no_file_no_figure(fabricate):
    assert learning_curve(dataclasses.replace(read_artefacts(fabricate()), learning_curve={})) is None


def test_seen_law_and_beyond(fabricate):
    figure = learning_curve(read_artefacts(fabricate()))
    band, law, beyond, seen = figure.data
    assert law["x"] == [10, 20, 40]
    assert beyond["x"] == [40, 80, 160]
    assert (law["line"]["dash"], beyond["line"]["dash"]) == ("solid", "dash")
    assert figure.layout["xaxis"]["ticktext"] == ["10", "20", "40", "80", "160"]
    assert seen["y"] == [0.8, 0.85, 0.875]
    assert len(band["x"]) == len(band["y"]) == 10
    assert "Label more cases." in figure.caption
    assert "0.800" in figure.alt
    assert "0.875" in figure.alt
