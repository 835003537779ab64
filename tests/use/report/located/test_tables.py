from __future__ import annotations

import pandas as pd

from medgraft.use.report.located.tables import measure_table, parts_table, per_class_table, told_measures
from medgraft.use.report.tables import Cell


def test_measures_without_a_value_are_not_told(plain_run):
    run = plain_run()
    assert told_measures(run, ("dice", "iou", "nsd", "hd95")) == ["dice", "hd95"]
    table = measure_table(run, ["dice", "hd95"], "")
    assert [row.title for row in table.rows] == ["Dice", "HD95"]
    assert table.rows[0].cells == [Cell("0.900", "0.850 to 0.950")] and table.rows[0].strong
    assert table.columns == [Cell("Test", "12 cases, 6 patients")]


def test_a_class_without_a_value_gets_a_dash(plain_run):
    table = per_class_table(plain_run(), ["dice", "hd95"], {"a": [Cell("7")]}, [Cell("Cases")])
    cells = {row.title: [cell.text for cell in row.cells] for row in table.rows}
    assert cells == {"a": ["7", "0.900", "2.50\u00a0mm"], "b": ["–", "–", "–"]}
    assert [column.text for column in table.columns] == ["Cases", "Dice", "HD95"]


def test_parts_hold_counts_where_they_are_known(plain_run):
    """Class a is told of in every test case, not in training."""
    run = plain_run()
    held = pd.DataFrame({"case_id": run.split["test"], "label": "a", "count": [2, 3, *[0] * 10]})
    table = parts_table(run, held, "Boxes of")
    assert [column.text for column in table.columns] == ["Training", "Test", "All"]
    cells = {row.title: [cell.text for cell in row.cells] for row in table.rows}
    assert cells["Cases"] == ["6", "12", "18"] and cells["Patients"] == ["–", "6", "–"]
    assert cells["Boxes of a"] == ["–", "5", "–"] and cells["Boxes of b"] == ["–", "0", "–"]
