"""More labels buy more where they tell something, and the same cases judge."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from medgraft.errors import UsageError
from medgraft.experiment.stages.label_curve import label_curve
from medgraft.experiment.stages.target_labels import TargetLabels
from medgraft.measure.paired import auroc_difference

CASES = 200
TRUTH = np.arange(CASES) % 2
TABLE = pd.DataFrame(
    {"patient_id": [f"p{row // 2}" for row in range(CASES)], "case_id": [str(r) for r in range(CASES)]}
)


@dataclass(frozen=True)
class Target:
    labels: np.ndarray


@dataclass(frozen=True)
class Both:
    """What the stage reads of a pair."""

    target: Target
    before: np.ndarray
    seed: int = 0


@dataclass(frozen=True)
class Answer:
    probability: np.ndarray


def sure(share, seed=0):
    """Chances that tell a share of the cases apart."""
    rng = np.random.default_rng(seed)
    score = np.where(rng.random(CASES) < share, TRUTH, rng.random(CASES))
    return np.column_stack([1 - score, score])


def by_number(pair):
    """The more labels, the better."""
    known = int((pair.target.labels >= 0).sum())
    return Answer(sure(known / 50))


PAIR = Both(Target(np.full(CASES, -1)), sure(0.0))
LABELS = TargetLabels(TRUTH, np.arange(40), np.arange(60, CASES))


def test_points_rise_and_are_the_paired_differences():
    whole = Answer(sure(40 / 50))
    curve = label_curve(PAIR, by_number, whole, LABELS, TABLE, 1)
    counts = [point["labels"] for point in curve]
    assert counts == [10, 20, 40]
    values = [point["auroc"]["first"] for point in curve]
    assert values == sorted(values)
    judged = LABELS.judged
    groups = judged // 2
    wanted = auroc_difference(TRUTH[judged], whole.probability[judged], PAIR.before[judged], positive=1, groups=groups)
    assert curve[-1]["auroc"]["difference"] == pytest.approx(wanted.difference)
    assert curve[-1]["auroc"]["n"] == len(judged)


def test_parts_are_whole_patients_of_those_that_are_learnt_from():
    seen = []

    def look(pair):
        seen.append(set(np.flatnonzero(pair.target.labels >= 0).tolist()))
        return by_number(pair)

    label_curve(PAIR, look, by_number(PAIR), LABELS, TABLE, 1)
    assert seen[0] < seen[1] < set(LABELS.learnt.tolist())
    assert all({row // 2 for row in rows if row ^ 1 not in rows} == set() for rows in seen)


def test_where_there_is_no_curve():
    few = replace(LABELS, learnt=np.arange(6))
    assert label_curve(PAIR, by_number, by_number(PAIR), few, TABLE, 1) is None
    one = replace(LABELS, judged=np.flatnonzero(TRUTH == 0)[60:])
    assert label_curve(PAIR, by_number, by_number(PAIR), one, TABLE, 1) is None


def test_a_method_that_needs_more_labels_leaves_its_point_out():
    def wants_all(pair):
        raise UsageError("too few labels")

    assert [one["labels"] for one in label_curve(PAIR, wants_all, by_number(PAIR), LABELS, TABLE, 1)] == [40]
