"""Filled from a run: what it knows is answered with the file, and nothing is answered for the authors."""

from __future__ import annotations

import dataclasses

import pytest

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.checklists.checklist import OPEN, checklists


@pytest.fixture
def rows(fabricate):
    def one(title="CLAIM 2024", **changes):
        run = dataclasses.replace(read_artefacts(fabricate()), **changes)
        return {row.number: row for row in next(one for one in checklists(run) if one.title == title).rows}

    return one


def test_what_only_authors_know_stays_open(rows):
    for number in ("2", "5", "14", "15", "34", "41", "44"):
        assert not rows()[number].answer
    for number in ("3c", "8b", "17", "18a", "19", "25"):
        assert not rows("TRIPOD+AI")[number].answer


def test_an_answer_names_its_file_and_comes_from_it(rows):
    found = rows()
    assert "240 cases, 120 patients" in found["7"].answer
    assert found["7"].where == "cohort.parquet"
    assert found["37"].where.startswith("metrics.json")
    assert all(row.where for row in found.values() if row.answer)


def test_without_the_artefact_there_is_no_answer(rows):
    full, bare = rows(), rows(model={}, robustness={}, audit={}, config={}, preprocessing={})
    for number in ("8", "9", "22", "23", "24", "30"):
        assert full[number].answer
        assert not bare[number].answer


def test_the_page_and_the_file_say_the_same(fabricate):
    found = checklists(read_artefacts(fabricate()))[0]
    assert found.answered == sum(text != OPEN for _, text in found.terms)
    assert 10 < found.answered < 40
