"""A head that is moved: derivatives, the pull, and the same logits from features."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from medgraft.transfer.adaptation.refining import TargetRows, cross_entropy, refine
from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.models.heads.linear import LinearHead

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(1, 2, size=(40, 6)).astype(np.float32)


def head(rooted=False):
    return LinearHead(RNG.normal(size=(3, 6)).astype(np.float32), np.ones(3, np.float32), rooted)


def test_cross_entropy_and_its_derivative():
    wanted, weights = np.eye(3)[[0, 1, 2, 0]], np.array([1.0, 2.0, 0.0, 1.0])
    logits = RNG.normal(size=(4, 3))
    loss = cross_entropy(wanted, weights)
    by_hand = -np.log(softmax(logits)[[0, 1, 3], [0, 1, 0]]) @ [0.25, 0.5, 0.25]
    value, slope = loss(logits)
    assert value == pytest.approx(by_hand)
    numeric = approx_fprime(logits.ravel(), lambda flat: loss(flat.reshape(4, 3))[0], 1e-7)
    np.testing.assert_allclose(slope.ravel(), numeric, atol=1e-6)


@pytest.mark.parametrize("rooted", [False, True])
@pytest.mark.parametrize("through", ["classes", "features"])
def test_the_moved_head_gives_the_moved_logits(rooted, through):
    given = head(rooted)
    rows = TargetRows.of(given, FEATURES, 4)
    basis = np.eye(3) if through == "classes" else rows.reading
    found = RNG.normal(size=(5, basis.shape[1]))
    np.testing.assert_allclose(rows.moved(found, basis).logits(FEATURES), rows.logits(found, basis), atol=1e-3)
    np.testing.assert_allclose(rows.logits(0 * found, basis), given.logits(FEATURES))


def test_reading_is_what_a_move_of_the_features_does_to_logits():
    given = head()
    rows = TargetRows.of(given, FEATURES, 6)
    change = RNG.normal(size=6)
    moved = FEATURES + (change @ rows.axes.axes.T) * rows.axes.scale
    np.testing.assert_allclose(
        given.logits(moved) - given.logits(FEATURES), np.tile(rows.reading @ change, (40, 1)), atol=1e-4
    )


def test_the_minimum_is_one_and_the_pull_holds():
    given = head()
    rows = TargetRows.of(given, FEATURES, 6)
    loss = cross_entropy(np.eye(3)[np.arange(40) % 3], np.ones(40))

    def objective(found, pull):
        return loss(rows.logits(found, np.eye(3)))[0] + 0.5 * pull * np.square(found).sum()

    near = [refine(rows, loss, through=np.eye(3), pull=pull, iterations=2000) for pull in (0.1, 10.0, 1e6)]
    slope = approx_fprime(near[0].ravel(), lambda flat: objective(flat.reshape(7, 3), 0.1), 1e-6)
    assert np.abs(slope).max() < 1e-3
    lengths = [np.linalg.norm(found) for found in near]
    assert lengths[0] > lengths[1] > lengths[2]
    assert lengths[2] < 1e-4


def test_a_constant_column_stays_out():
    flat = FEATURES.copy()
    flat[:, 2] = 1.5
    rows = TargetRows.of(head(), flat, 6)
    found = refine(rows, cross_entropy(np.eye(3)[np.arange(40) % 3], np.ones(40)), through=np.eye(3), pull=0.1)
    moved = rows.moved(found, np.eye(3))
    assert np.isfinite(rows.reading).all()
    assert moved.weight[0, 2] == rows.head.weight[0, 2]
