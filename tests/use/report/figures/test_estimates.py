from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.figures.estimates import estimates


def test_points_and_bars_are_those_of_the_metrics(fabricate):
    run = read_artefacts(fabricate())
    traces = {trace["name"]: trace for trace in estimates(run).data}
    auroc, entry = traces["AUROC"], run.estimate("test", "auroc")
    assert auroc["y"] == ["Test", "Cross-validation", "Validation"]
    assert abs(auroc["x"][0] - entry["value"]) < 1e-4
    assert abs(auroc["x"][0] + auroc["error_x"]["array"][0] - entry["high"]) < 1e-4
    assert abs(auroc["x"][0] - auroc["error_x"]["arrayminus"][0] - entry["low"]) < 1e-4
    assert len(traces["One fold"]["x"]) == 15


def test_without_cross_validation_there_are_no_folds(fabricate):
    assert "One fold" not in {t["name"] for t in estimates(read_artefacts(fabricate(cv=False))).data}


def test_without_metrics_there_is_no_figure(fabricate):
    assert estimates(dataclasses.replace(read_artefacts(fabricate()), metrics={})) is None
