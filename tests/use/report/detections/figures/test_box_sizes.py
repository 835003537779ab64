from __future__ import annotations

import json

import pandas as pd

from medgraft.use.report.detections.figures.box_sizes import box_sizes
from medgraft.use.report.detections.run import read_detections
from medgraft.use.report.detections.tables import found_sizes


def test_every_true_box_is_counted_once(detected_session):
    run = read_detections(detected_session)
    sizes = found_sizes(run)
    figure = box_sizes(sizes)
    json.dumps(figure.payload(), allow_nan=False)
    assert {bar["name"]: sum(bar["y"]) for bar in figure.data} == {
        "found": int(sizes["found"].sum()),
        "missed": int((~sizes["found"]).sum()),
    }
    assert f"{int(sizes['found'].sum())} boxes found" in figure.alt


def test_nothing_to_draw():
    assert box_sizes(pd.DataFrame({"side": [], "found": []})) is None
    assert box_sizes(pd.DataFrame({"side": [3.0, 3.0], "found": [True, False]})) is None
