"""Shares of pixels and paired differences of Dice, by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from medgraft.experiment.stages.target_outlines import outline_gain, outline_target
from medgraft.measure.segmentation.evaluation import score_case
from medgraft.progress import Progress

NAMES = {1: "a", 2: "b"}
TRUTH = np.array([[1, 1, 2, 0], [1, 1, 2, 0]], np.uint8)


def outlined(*maps):
    scores = [score_case(TRUTH, one, NAMES) for one in maps]
    return SimpleNamespace(rows=list(range(len(maps))), scores=scores)


def test_the_difference_is_of_the_same_cases_over_structures_and_of_each():
    nothing, no_b = np.zeros_like(TRUTH), np.where(TRUTH == 2, 0, TRUTH).astype(np.uint8)
    table = pd.DataFrame({"patient_id": ["p", "q", "q"]})
    found = outline_gain(outlined(nothing, nothing, no_b), outlined(TRUTH, no_b, no_b), table, 0)
    assert found["dice"]["first"] == pytest.approx(np.mean([1, 0.5, 0.5]))
    assert found["dice"]["second"] == pytest.approx(np.mean([0, 0, 0.5]))
    assert found["per_class"]["a"]["difference"] == pytest.approx(2 / 3)
    assert found["per_class"]["b"]["difference"] == pytest.approx(1 / 3)
    assert found["dice"]["n_patients"] == 2
    assert outline_gain(outlined(), outlined(), table, 0) is None


def test_shares_are_of_all_cases_and_scores_of_those_that_judge():
    maps, asked = [TRUTH, np.zeros_like(TRUTH)], list[dict]()

    def judged(parts, progress):
        asked.append(parts)
        return "scored"

    judge = SimpleNamespace(
        bundle=SimpleNamespace(task=SimpleNamespace(names=NAMES)),
        studies=lambda row: None,
        called=lambda row, study: maps[row],
        judged=judged,
    )
    found = outline_target(judge, [0, 1], [1], Progress())
    assert found.shares == {"a": pytest.approx(0.25), "b": pytest.approx(0.125)}
    assert found.outlined == "scored" and asked == [{1: "test"}]
