from __future__ import annotations

import json

from medgraft.use.report.outlines.figures.dice_by_size import dice_by_size
from medgraft.use.report.outlines.grouped import by_size
from medgraft.use.report.outlines.run import read_outlines


def test_dots_are_cases_and_lines_join_thirds(outlined_session):
    run = read_outlines(outlined_session)
    groups = {label: by_size(run.judged, label) for label in run.base.labels}
    figure = dice_by_size(run, groups)
    json.dumps(figure.payload(), allow_nan=False)
    dots, line = figure.data[:2]
    assert len(dots["x"]) == 17 and min(dots["x"]) > 0  # the case without a head has no size
    assert line["y"] == [one.overall["value"] for one in groups["head"]] and line["x"] == sorted(line["x"])
    assert figure.layout["xaxis"]["type"] == "log" and "mL" in figure.layout["xaxis"]["title"]["text"]
    assert dice_by_size(run, {"head": [], "tail": []}) is None
