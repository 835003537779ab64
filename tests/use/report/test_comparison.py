"""What transfer gained, in the report: gain, loss, and what cannot be told from chance."""

from __future__ import annotations

import dataclasses

import pytest

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.comparison import comparison_view

PAIRED = {"ours": 0.9, "theirs": 0.8, "method": "paired DeLong", "n": 40, "n_patients": None}


def view(run, value, low, high, **more):
    entry = {"name": "classical", "strategy": "svm", "seconds": 2.0}
    entry |= {"test": {**PAIRED, "gain": {"value": value, "low": low, "high": high}}, **more}
    return comparison_view(dataclasses.replace(run, comparison={"comparators": [entry]}))


@pytest.fixture
def run(fabricate):
    return read_artefacts(fabricate())


def test_nothing_without_a_comparison(run):
    assert comparison_view(run) is None


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        ((0.1, 0.02, 0.18), "transfer gained 0.100 (0.020 to 0.180) in AUROC on the test cases"),
        ((-0.1, -0.18, -0.02), "transfer lost"),
        ((0.01, -0.02, 0.04), "no gain of transfer can be told from chance"),
    ],
)
def test_sentences(run, gain, words):
    assert words in view(run, *gain).sentences[0]


def test_cross_validation_speaks_where_it_is_there_and_the_row_has_both(run):
    cv = {**PAIRED, "theirs": 0.85, "gain": {"value": 0.05, "low": 0.03, "high": 0.07}}
    found = view(run, 0.1, -0.02, 0.18, cv=cv)
    assert "0.050 (0.030 to 0.070) in AUROC on cross-validation" in found.sentences[0]
    assert [cell.text for cell in found.table.rows[0].cells[:4]] == ["0.800", "0.100", "0.850", "0.050"]


def test_a_test_set_of_one_class(run):
    assert "of one class" in view(run, 0, 0, 0, test=None).sentences[0]
