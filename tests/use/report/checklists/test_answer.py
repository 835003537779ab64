"""Answers are registered by name, once."""

from __future__ import annotations

import dataclasses

import pytest

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.checklists.answer import ANSWERS, people
from medgraft.use.report.checklists.checklist import BUILT_IN


def test_people(fabricate):
    run = read_artefacts(fabricate())
    assert people(run) == "240 cases, 120 patients"
    cohort = run.cohort.assign(patient_id=None)
    assert people(dataclasses.replace(run, cohort=cohort)) == "240 cases, patients unknown"


@pytest.mark.parametrize("name", [name for name, _ in ANSWERS.items()] if BUILT_IN else [])
def test_an_answer_is_a_sentence_and_a_place(name, fabricate):
    found = ANSWERS.get(name)(read_artefacts(fabricate()))
    if found is not None:
        text, where = found
        assert text.rstrip()[-1] in ".…"
        assert where
        assert "None" not in text
