from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from medgraft.measure.segmentation.agreement import limits_of_agreement
from medgraft.use.report.outlines.grouped import by_site, by_size
from medgraft.use.report.outlines.run import read_outlines
from medgraft.use.report.outlines.tables import (
    empty_table,
    held_cases,
    measurement_table,
    odd_ones,
    site_dice_table,
    size_dice_table,
    statistics_table,
    volume_table,
)


@pytest.fixture
def run(outlined_session):
    return read_outlines(outlined_session)


def _cells(table):
    return {row.title: [cell.text for cell in row.cells] for row in table.rows}


def test_empty_outlines_are_counted(run):
    """Case 1 has no head but a prediction; case 2 was missed wholly."""
    assert _cells(empty_table(run)) == {"head": ["16", "0", "1", "1"], "tail": ["17", "0", "0", "1"]}
    nothing = dataclasses.replace(run, base=dataclasses.replace(run.base, metrics={"test": {}}))
    assert empty_table(nothing) is None


def test_groups_have_intervals(run):
    sites = site_dice_table(run, by_site(run.judged, run.base.labels))
    assert [column.text for column in sites.columns] == ["Cases", "All classes", "head", "tail"]
    assert sites.rows[0].cells[0].text == "10" and " to " in sites.rows[0].cells[1].small
    sizes = size_dice_table(run, {label: by_size(run.judged, label) for label in run.base.labels})
    assert [row.title for row in sizes.rows] == ["head", "tail"] and "mL" in sizes.rows[0].cells[0].small
    assert site_dice_table(run, []) is None and size_dice_table(run, {"head": []}) is None


def test_bias_and_limits(run):
    found = limits_of_agreement(np.array([1.0, 2, 3]), np.array([2.0, 4, 6]), groups=np.arange(3))
    table = volume_table(run, {"head": found})
    assert _cells(table)["head"] == ["3", "2.00\u00a0mL", "0.0400\u00a0mL", "3.96\u00a0mL"]
    assert volume_table(run, {}) is None


def test_the_error_of_measurement_is_that_of_validation_where_stored(run):
    assert _cells(measurement_table(run))["head"][2] == "−0.100 to 0.060\u00a0mL"
    better = {
        "head": {"bias": 0.5, "low": 0.1, "high": 0.9, "unit": "mL", "within_sd": 0.2, "relative_sd": 0.05, "n": 9}
    }
    table = measurement_table(dataclasses.replace(run, facts={**run.facts, "measurement_error": better}))
    assert _cells(table) == {"head": ["9", "0.500\u00a0mL", "0.100 to 0.900\u00a0mL", "0.200\u00a0mL", "5.0 %"]}
    assert "validation" in table.note
    unknown = {"head": {"bias": None, "low": None, "high": None, "within_sd": None, "n": 1}}
    table = measurement_table(dataclasses.replace(run, facts={"agreement": unknown}))
    assert _cells(table)["head"] == ["1", "–", "–", "–", "–"]


def test_statistics_of_any_shape(run):
    assert _cells(statistics_table(run))["head"] == ["18", "95.0 %", "1", "q05 0.120; q50 0.400; q95 0.900"]
    other = {"head": {"cases": 3, "size": [1, 2.5, None]}, "tail": {"note": "<b>"}}
    table = statistics_table(dataclasses.replace(run, facts={"statistics": other}))
    assert _cells(table) == {"head": ["3", "1 / 2.50 / –", "–"], "tail": ["–", "–", "<b>"]}
    assert statistics_table(dataclasses.replace(run, facts={})) is None


def test_odd_ones_are_listed(run):
    finding = odd_ones(run)
    assert finding.level == "warning" and finding.rows[0][1] == "head: three parts, all others have one"
    assert odd_ones(dataclasses.replace(run, facts={"odd": []})) is None
    many = [{"case_id": str(place), "label": "head", "why": "small"} for place in range(130)]
    assert (len(odd_ones(dataclasses.replace(run, facts={"odd": many})).rows), odd_ones(run).more) == (100, 0)


def test_who_holds_a_class(run):
    held = held_cases(run)
    assert held.groupby("label")["count"].sum().to_dict() == {"head": 17, "tail": 18}
