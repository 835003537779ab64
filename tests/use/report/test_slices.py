"""The views of volumes: bars by slice, the weightiest first, the shown class and the mistakes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.slices import slice_views


def with_slices(run):
    """The run of this room, as if its cases were volumes of five slices: the third one weighs most."""
    cases = run.main_rows["case_id"].astype(str)
    weights = np.tile([0.1, 0.2, 0.4, 0.25, 0.05], len(cases))
    table = pd.DataFrame(
        {"case_id": np.repeat(cases, 5), "slice": np.tile([2, 4, 6, 8, 10], len(cases)), "weight": weights}
    )
    return replace(run, slices=table)


def test_views(fabricate):
    folder = fabricate()
    run = with_slices(read_artefacts(folder))
    views = slice_views(run, folder, images=True, budget=10**6)
    assert views
    assert all(view.bars == [0.25, 0.5, 1.0, 0.625, 0.125] for view in views)
    assert [one.number for one in views[0].weightiest] == [6, 8, 4]
    assert views[0].weightiest[0].weight == "40%"
    assert views[0].weightiest[0].source is None
    assert sum(view.true == view.predicted for view in views) <= 8
    assert sum(view.true != view.predicted for view in views) <= 4


def test_no_slices_no_views(fabricate):
    folder = fabricate()
    assert slice_views(read_artefacts(folder), folder, images=True, budget=10**6) == []
