"""Out-of-fold answers come before validation; repeats stand one after the other; unknown labels are left out."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from medgraft.experiment.stages.held_out import HeldOut
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.strategies.strategy import OutOfFold

RANDOM = np.random.default_rng(0)
HEAD = LinearHead(RANDOM.normal(size=(2, 3)).astype(np.float32), np.zeros(2, np.float32))


def material(**change):
    features = RANDOM.normal(size=(6, 3)).astype(np.float32)
    given = {
        "labels": np.array([0, 1, 0, 1, 0, 1]),
        "groups": np.array([0, 0, 1, 2, 3, 4]),
        "is_val": np.array([False, False, False, True, True, True]),
        "bags": Bags.single(features),
    }
    return SimpleNamespace(**(given | change))


def test_validation_is_answered_by_the_head():
    cases = material()
    held = HeldOut.of(cases, HEAD, None)
    assert (held.origin, held.truth.tolist(), held.groups.tolist()) == ("val", [1, 0, 1], [2, 3, 4])
    np.testing.assert_array_equal(held.mean(), HEAD.answers(cases.bags)[3:])
    assert HeldOut.of(material(is_val=np.zeros(6, bool)), HEAD, None) is None


def test_out_of_fold_answers_come_first_and_keep_their_case():
    said = np.arange(16, dtype=np.float64).reshape(2, 4, 2)
    held = HeldOut.of(material(), HEAD, OutOfFold(said, np.zeros((2, 4), np.int64), np.array([5, 0, 2, 4])))
    assert (held.origin, held.truth.tolist(), held.groups.tolist()) == ("cv", [1, 0, 0, 0], [4, 0, 1, 3])
    truth, stacked, groups = held.stacked()
    assert (truth.tolist(), groups.tolist()) == ([1, 0, 0, 0] * 2, [4, 0, 1, 3] * 2)
    np.testing.assert_array_equal(held.answered(stacked).probability, said)
    np.testing.assert_array_equal(held.mean(), said.mean(axis=0))


def test_one_of_several_labels():
    truth = np.array([[1, -1], [0, 1], [-1, 0]])
    said = np.array([[[0.9, 0.1], [0.2, 0.6], [0.5, 0.3]]])
    one = HeldOut("val", truth, said, np.array([7, 8, 9])).question(1)
    assert (one.truth.tolist(), one.groups.tolist()) == ([1, 0], [8, 9])
    np.testing.assert_allclose(one.probability, [[[0.4, 0.6], [0.7, 0.3]]])
