from __future__ import annotations

import dataclasses
import json

import pytest

from medgraft.use.report.outlines.figures.dice_by_site import dice_by_site
from medgraft.use.report.outlines.grouped import by_site
from medgraft.use.report.outlines.run import read_outlines


def test_a_point_a_site_with_its_interval(outlined_session):
    run = read_outlines(outlined_session)
    groups = by_site(run.judged, run.base.labels)
    figure = dice_by_site(run, groups)
    json.dumps(figure.payload(), allow_nan=False)
    point = figure.data[0]
    assert point["y"] == ["north (10)", "south (8)"]
    for place, group in enumerate(groups):
        assert point["x"][place] + point["error_x"]["array"][place] == pytest.approx(group.overall["high"], abs=1e-4)
        assert point["x"][place] - point["error_x"]["arrayminus"][place] == pytest.approx(
            group.overall["low"], abs=1e-4
        )


def test_a_site_without_an_interval_has_no_bar(outlined_session):
    run = read_outlines(outlined_session)
    first, second = by_site(run.judged, run.base.labels)
    bare = dataclasses.replace(second, overall={**second.overall, "low": None, "high": None})
    assert dice_by_site(run, [first, bare]).data[0]["error_x"]["array"][1] == 0
    assert dice_by_site(run, [first]) is None and dice_by_site(run, []) is None
