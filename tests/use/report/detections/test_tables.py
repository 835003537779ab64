from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from medgraft.use.report.detections.run import read_detections
from medgraft.use.report.detections.tables import (
    counts_at_score,
    found_sizes,
    froc_table,
    operating_table,
    size_table,
)


@pytest.fixture
def run(detected_session):
    return read_detections(detected_session)


def _without_score(run):
    meta = {**run.meta, "thresholds": {}}
    return dataclasses.replace(run, base=dataclasses.replace(run.base, metrics={**run.base.metrics, "_meta": meta}))


def test_found_and_missed_are_all_true_boxes(run):
    table = operating_table(run, counts_at_score(run))
    assert [row.title for row in table.rows] == ["cell", "platelet"]
    for row in table.rows:
        boxes, found, missed, false = (int(cell.text) for cell in row.cells[:4])
        assert boxes == found + missed == int((run.truth["label"] == row.title).sum())
        called = run.called[(run.called["label"] == row.title) & (run.called["score"] >= 0.5)]
        assert found + false == len(called)
        assert float(row.cells[4].text) == pytest.approx(found / boxes, abs=5e-4) and " to " in row.cells[4].small
    assert "0.500, chosen on the validation cases" in table.note and "0.40" in table.note


def test_without_a_score_nothing_is_counted(run):
    bare = _without_score(run)
    assert counts_at_score(bare) == {} and operating_table(bare, {}) is None and found_sizes(bare).empty


def test_the_seven_points(run):
    table = froc_table(run)
    assert [column.text for column in table.columns] == ["1/8", "1/4", "1/2", "1", "2", "4", "8"]
    assert [row.title for row in table.rows] == ["All classes", "cell", "platelet"]
    told = run.base.metrics["test"]["sensitivity_at_0_125"]["value"]
    assert float(table.rows[0].cells[0].text) == pytest.approx(told, abs=5e-4)
    bare = dataclasses.replace(run.base, metrics={"test": {"map50": run.base.metrics["test"]["map50"]}})
    assert froc_table(dataclasses.replace(run, base=bare)) is None


def test_sizes_of_what_is_found(run):
    sizes = found_sizes(run)
    counts = counts_at_score(run)
    assert len(sizes) == len(run.truth)
    assert sizes.groupby("label")["found"].sum().to_dict() == {label: one.found for label, one in counts.items()}
    area = (run.truth["x1"] - run.truth["x0"]) * (run.truth["y1"] - run.truth["y0"])
    np.testing.assert_allclose(sorted(sizes["side"]), sorted(np.sqrt(area)))


def test_thirds_by_size():
    """Nine boxes of 1 to 9 pixels; those above 4 are found."""
    sizes = pd.DataFrame({"label": "a", "side": np.arange(1.0, 10), "found": np.arange(1, 10) > 4})
    row = size_table(sizes, ("a", "b")).rows[0]
    assert [cell.text for cell in row.cells] == ["0 %", "67 %", "100 %", "7 px", "2 px"]
    assert row.cells[1].small == "2 of 3 · 4 to 6 px"
    assert size_table(sizes.head(5), ("a",)) is None
    assert size_table(sizes.assign(found=True), ("a",)).rows[0].cells[-1].text == "–"
