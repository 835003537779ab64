"""Which cases are looked at: kinds, order, once each, and the rules of two classes, of several, of several labels."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from medgraft.experiment.stages.telling_cases import telling_cases
from medgraft.transfer.models.bundle import Bundle, Calibration
from medgraft.transfer.tasks.classification import Classification
from medgraft.transfer.tasks.multi_label import MultiLabel


def bundle_of(task, calibration):
    found = SimpleNamespace(task=task, calibration=calibration)
    found.called = lambda chances: Bundle.called(found, chances)
    return found


BINARY = bundle_of(Classification(("clear", "nodule"), "nodule"), Calibration(threshold=0.4))


def binary(chances, truth, number):
    p = np.array(chances)
    return telling_cases(BINARY, np.stack([1 - p, p], axis=1), np.array(truth), number)


def test_the_surest_right_and_wrong_and_those_near_the_cut():
    #                 right+  right+  wrong   wrong  near   right−
    found = binary([0.9, 0.95, 0.99, 0.1, 0.41, 0.05], [1, 1, 0, 1, 1, 0], 6)
    by_kind = {kind: [one.row for one in found if one.kind == kind] for kind in ("best", "worst", "borderline")}
    assert by_kind == {"best": [1, 0], "worst": [2, 3], "borderline": [4, 5]}
    assert all(one.target == 1 for one in found), "of two classes the positive one is explained, whatever was called"


def test_kinds_in_turn_and_each_case_once():
    rng = np.random.default_rng(0)
    found = binary(rng.random(60), rng.integers(0, 2, 60), 24)
    assert [one.kind for one in found[:6]] == ["best", "worst", "borderline"] * 2
    assert len({one.row for one in found}) == len(found) == 24


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_no_more_than_asked(number):
    rng = np.random.default_rng(1)
    assert len(binary(rng.random(30), rng.integers(0, 2, 30), number)) == number


def test_nothing_wrong_no_worst_and_unknown_truth_is_left_out():
    found = binary([0.9, 0.1, 0.8, 0.7], [1, 0, -1, 1], 12)
    assert {one.row for one in found} == {0, 1, 3}
    assert "worst" not in {one.kind for one in found}


def test_of_several_classes_the_called_one():
    bundle = bundle_of(Classification(("a", "b", "c"), None), Calibration())
    chances = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.36, 0.34, 0.3]])
    found = {one.row: one for one in telling_cases(bundle, chances, np.array([0, 2, 0]), 3)}
    assert {row: (one.kind, one.target) for row, one in found.items()} == {
        0: ("best", 0),
        1: ("worst", 1),
        2: ("borderline", 0),
    }


def test_of_several_labels_each_is_a_question():
    task = MultiLabel(("x", "y"))
    cuts = {label: Calibration(threshold=0.5) for label in ("x", "y")}
    chances = np.array([[0.9, 0.5], [0.2, 0.95], [0.45, 0.1]])
    truth = np.array([[1, -1], [0, 0], [-1, 0]])
    found = {one.row: one for one in telling_cases(bundle_of(task, Calibration(per_label=cuts)), chances, truth, 3)}
    assert (found[0].kind, found[0].target) == ("best", 0)
    assert (found[1].kind, found[1].target) == ("worst", 1)
    assert (found[2].kind, found[2].target) == ("borderline", 1)
