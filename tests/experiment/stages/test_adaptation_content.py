"""What is said of a choice: paired numbers on the judged cases only, and whether the guard was right."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from medgraft.experiment.stages.adaptation_content import compared, guard_content, hindsight, run_warnings
from medgraft.experiment.stages.target_labels import TargetLabels
from medgraft.transfer.adaptation.guard import Verdict

TRUTH = np.arange(40) % 2
TABLE = pd.DataFrame({"patient_id": [f"p{number}" for number in range(40)]})
RIGHT = np.eye(2)[TRUTH] * 0.8 + 0.1
WRONG = RIGHT[:, ::-1]
PARTS = TargetLabels(TRUTH, np.arange(10), np.arange(10, 40))


def choice(chosen):
    results = {name: SimpleNamespace(probability=chances, collapsed=None) for name, chances in ANSWERS.items()}
    verdict = Verdict(chosen, 1, 0.9, {"snd": 1.0}, "so")
    scores = {"snd": np.array([[0.1, np.nan]])}
    return SimpleNamespace(
        names=tuple(ANSWERS),
        jury="consensus",
        verdict=verdict,
        results=results,
        scores=scores,
        seconds=dict.fromkeys(ANSWERS, 1.0),
        failed={},
        chosen=tuple(ANSWERS)[chosen],
    )


ANSWERS = {"source-only": WRONG, "coral": RIGHT}


def test_only_judged_cases_count():
    mixed = RIGHT.copy()
    mixed[:10] = WRONG[:10]
    found = compared(WRONG, mixed, PARTS, 1, TABLE)
    assert found["accuracy"]["difference"] == pytest.approx(1.0)
    assert found["auroc"]["n"] == 30
    nobody = TargetLabels(TRUTH, np.arange(40), np.zeros(0, np.int64))
    assert compared(WRONG, RIGHT, nobody, 1, TABLE) is None


def test_one_class_has_an_accuracy_and_no_order():
    parts = TargetLabels(np.zeros(40, np.int64), np.zeros(0, np.int64), np.arange(40))
    assert set(compared(WRONG, RIGHT, parts, 1, TABLE)) == {"accuracy"}
    assert hindsight(choice(1), parts, TABLE) is None


@pytest.mark.parametrize(("chosen", "right"), [(1, True), (0, False)])
def test_hindsight(chosen, right):
    found = hindsight(choice(chosen), PARTS, TABLE)
    assert found["right"] is right
    assert found["difference"]["value"] == pytest.approx(1.0)


def test_what_was_not_scored_is_null():
    rows = guard_content(choice(1))["candidates"]
    assert [row["scores"]["snd"] for row in rows] == [pytest.approx(0.1), None]
    assert "kept as it is" in run_warnings({"method": "source-only", "collapsed": None})[0]
    assert "probably collapsed" in run_warnings({"method": "shot", "collapsed": "one class"})[-1]
