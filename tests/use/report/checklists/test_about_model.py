"""Answers about the model."""

from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.checklists import about_model
from medgraft.use.report.checklists.answer import ANSWERS

assert about_model.__all__ == []


def answer(fabricate, name, **changes):
    return ANSWERS.get(name)(dataclasses.replace(read_artefacts(fabricate()), **changes))


def test_licence_and_source_of_the_weights(fabricate):
    text, where = answer(fabricate, "initial")
    assert "licence Apache-2.0" in text
    assert where == "bundle/model.json"


def test_the_threshold_is_told_with_where_it_was_chosen(fabricate):
    text, _ = answer(fabricate, "output", calibration={"threshold": 0.41, "threshold_from": "val"})
    assert "called at 0.410, chosen on val" in text
    assert "called at" not in answer(fabricate, "output", calibration={})[0]


def test_one_model_or_several(fabricate):
    assert answer(fabricate, "ensemble")[0] == "One model, not combined."
    assert "late fusion" in answer(fabricate, "ensemble", fusion={"columns": []})[0]
