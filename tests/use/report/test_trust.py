"""The section: its numbers are those of ``trust.json``, names are inert, and without the file there is none."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from medgraft.experiment.stages.trust_content import Answers, trust_content
from medgraft.files import write_json
from medgraft.measure.conformal.split import ConformalSets, SetRule, SharedBound
from medgraft.transfer.models.calibration import Calibration, DemandedCut
from medgraft.transfer.tasks.classification import Classification
from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.render import render_report
from medgraft.use.report.trust import trust_view


@pytest.fixture
def content():
    random = np.random.default_rng(0)
    p = random.uniform(size=120)
    truth = (random.random(120) < p).astype(np.int64)
    bounds = (SharedBound((0,), 0.7, 60), SharedBound((1,), 0.7, 60))
    cuts = (DemandedCut("sensitivity", 0.95, 0.21, "cv"),)
    made = Calibration(threshold=0.5, threshold_from="val", sets=ConformalSets(SetRule(), bounds), demanded=cuts)
    bundle = SimpleNamespace(task=Classification(("a", "b"), "b"), calibration=made)
    answers = Answers(truth, np.stack([1 - p, p], axis=1), None, random.uniform(0.5, 1.02, 120))
    return trust_content(answers, bundle, prevalence=0.1, seed=0, replicates=100)


def run_with(fabricate, content, **splits):
    return dataclasses.replace(read_artefacts(fabricate()), trust={"learnt": {}, "splits": {"test": content, **splits}})


def test_none_without_the_file(fabricate):
    assert trust_view(dataclasses.replace(read_artefacts(fabricate()), trust={})) is None


def test_tables_and_drawings(fabricate, content):
    view = trust_view(run_with(fabricate, content))
    assert [table.caption for table in view.tables] == ["Operating points", "Do sets of labels hold the truth?"]
    row = view.tables[0].rows[0]
    assert (row.title, row.cells[0].text) == ("Sensitivity of at least 95 %", "0.210")
    assert row.cells[1].text == f"{content['operating'][0]['sensitivity']['value']:.3f}"
    assert "prevalence of 10.0 %: PPV" in view.tables[0].note
    assert len(view.figures) == 3
    assert all(figure.alt and figure.data for figure in view.figures)


def test_parts_side_by_side(fabricate, content):
    view = trust_view(run_with(fabricate, content, cv={**content, "gate": None, "sets": None}))
    table = view.tables[-1]
    assert table.caption == "By part of the data"
    assert [cell.text for cell in table.rows[-1].cells][:3] == ["–"] * 3


def test_the_page_has_the_section(fabricate, content, hostile):

    folder = fabricate(labels=hostile[:2])
    assert 'id="trust"' not in render_report(folder).read_text("utf-8")
    write_json(folder / "trust.json", {"learnt": {}, "splits": {"test": content}})
    page = render_report(folder).read_text("utf-8")
    assert page.count("May I rely on a single answer?") == 2  # contents and heading
    assert "<img src=x" not in page
    assert page.count('data-figure="figure-trust-') == 3
