"""Answers about the data."""

from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.checklists import about_data
from medgraft.use.report.checklists.answer import ANSWERS

assert about_data.__all__ == []


def answer(fabricate, name, **changes):
    return ANSWERS.get(name)(dataclasses.replace(read_artefacts(fabricate()), **changes))


def test_a_leak_is_not_called_apart(fabricate):
    split = read_artefacts(fabricate()).split
    assert "Patients and copies" in answer(fabricate, "disjoint")[0]
    assert "not apart" in answer(fabricate, "disjoint", split={**split, "leaking": True})[0]


def test_missing_values_of_the_table(fabricate):
    columns = [{"name": "crp", "missing": 0.2}, {"name": "age", "missing": 0.0}]
    text, where = answer(fabricate, "missing", fusion={"columns": columns, "cases": 240, "cases_with_a_row": 200})
    assert "values are missing in 1 clinical column" in text
    assert "40 cases have no row" in text
    assert "fusion.json" in where


def test_no_volumes_no_slices(fabricate):
    assert answer(fabricate, "slices") is None
