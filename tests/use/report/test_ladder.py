"""The ladder in the report: every candidate, why it was dropped, and what transfer gained over none."""

from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.ladder import ladder_view

ONE = {
    "source": "net",
    "folds": 5,
    "epochs": None,
    "seconds": 1.25,
    "parameters": 2_000_000,
    "seconds_a_picture": 0.0021,
    "reason": "",
    "auroc": {"value": 0.9, "low": 0.85, "high": 0.94},
    "to_best": {"value": 0.0, "low": 0.0, "high": 0.0},
    "ties_with_best": True,
}
LADDER = {
    "budget_seconds": 300.0,
    "spent_seconds": 187.0,
    "ended": "all candidates were tried",
    "folds": 5,
    "cases": 624,
    "chosen": "net · linear-probe",
    "left_out": {"gone": "no such weights"},
    "candidates": [
        {**ONE, "name": "net · linear-probe", "strategy": "linear-probe", "status": "chosen"},
        {
            **ONE,
            "name": "classical · linear-probe",
            "source": "classical",
            "strategy": "linear-probe",
            "status": "complete",
            "to_best": {"value": -0.05, "low": -0.08, "high": -0.02},
            "ties_with_best": False,
        },
        {
            **ONE,
            "name": "net · lp-ft",
            "strategy": "lp-ft",
            "status": "dropped",
            "reason": "-0.030 to the best so far",
            "folds": 1,
            "auroc": None,
            "to_best": None,
            "ties_with_best": None,
        },
    ],
}


def test_nothing_without_a_ladder(fabricate):
    assert ladder_view(read_artefacts(fabricate())) is None


def test_rows_and_sentences(fabricate):
    run = dataclasses.replace(read_artefacts(fabricate()), ladder=LADDER)
    view = ladder_view(run)
    assert [row.title for row in view.table.rows] == [item["name"] for item in LADDER["candidates"]]
    assert [row.strong for row in view.table.rows] == [True, False, False]
    assert view.table.rows[0].cells[0].text == "0.900"
    assert view.table.rows[2].hint == "dropped: -0.030 to the best so far"
    told = " ".join(view.sentences)
    assert "3 candidates in 3 min 7 s of a budget of 5 min 0 s" in told
    assert "−0.050 (−0.080 to −0.020)" in told
    assert "Not tried: gone: no such weights" in told
