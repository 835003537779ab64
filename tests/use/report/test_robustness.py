"""The section on worse pictures: what hurts most, what is not beyond chance, and a row for each corruption."""

from __future__ import annotations

import copy
import dataclasses

import pytest

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.robustness import robustness_sentences, robustness_view


@pytest.fixture
def run(fabricate):
    return read_artefacts(fabricate())


@pytest.fixture
def told(run):
    """The content of ``robustness.json``, which may be changed."""
    return copy.deepcopy(run.robustness)


def test_nothing_where_nobody_asked(run):
    assert robustness_view(dataclasses.replace(run, robustness={})) is None


def test_rows_the_worst_first(run):
    view = robustness_view(run)
    assert [row.title for row in view.table.rows] == ["Mean of all", "motion blur", "jpeg"]
    assert [cell.text for cell in view.table.columns] == ["0", "1", "2", "3", "4", "5", "Lost"]
    assert view.table.rows[1].cells[5].text == "0.400"
    assert view.table.rows[1].cells[-1].text == "30.0 %"
    assert view.table.rows[1].hint == "the probe moved"


def test_what_hurts_most_is_said(told):
    first, second = robustness_sentences(told)
    assert "40 cases of External: <b>south</b>, spoilt in 2 ways that can happen to ultrasound" in first
    assert "from 0.800 to 0.680 on average (lost: 15.0 %, 95 % interval 10.0 % to 20.0 %)" in first
    assert second.startswith("Motion blur hurts most: accuracy 0.400 at its worst (lost: 30.0 %")


def test_a_loss_within_chance_names_nobody_and_a_sample_is_told(told):
    told["cases"], told["corruptions"][1]["drop"]["low"] = 300, -0.01
    first, second = robustness_sentences(told)
    assert "(of 300, drawn by patient)" in first
    assert "No corruption lowers accuracy beyond chance" in second


def test_nothing_to_lose(told):
    for curve in (told["mean"], *told["corruptions"]):
        curve["drop"] |= {"value": None, "low": None, "high": None}
    assert "nothing can be lost" in robustness_sentences(told)[-1]
