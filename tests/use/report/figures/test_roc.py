from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_auc_score

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.figures.roc import roc


def test_the_drawn_curve_has_the_area_of_an_independent_library(fabricate):
    run = read_artefacts(fabricate())
    figure = roc(run)
    low, high, curve = figure.data
    rows = run.of_split("test")
    area = np.trapezoid(curve["y"], curve["x"])
    assert abs(area - roc_auc_score(rows["y_true"] == "malignant", rows["p_malignant"])) < 1e-4
    assert all(a <= b for a, b in zip(low["y"], high["y"], strict=True))


def test_one_curve_a_class(fabricate):
    figure = roc(read_artefacts(fabricate(labels=("a", "b", "c"))))
    assert [curve["name"] for curve in figure.data] == ["a", "b", "c"]
