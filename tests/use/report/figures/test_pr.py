from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.figures.pr import precision_recall


def test_the_drawn_curve_has_the_area_of_an_independent_library(fabricate):
    run = read_artefacts(fabricate())
    figure = precision_recall(run)
    rows, curve = run.of_split("test"), figure.data[0]
    area = np.sum(np.diff([0.0, *curve["x"]]) * np.array(curve["y"]))
    truth = rows["y_true"] == "malignant"
    assert abs(area - average_precision_score(truth, rows["p_malignant"])) < 1e-3
    assert abs(figure.layout["shapes"][0]["y0"] - truth.mean()) < 1e-9
