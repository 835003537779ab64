"""SHOT's loss by hand and by numeric derivative, prototypes by hand, and where it helps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from medgraft.transfer.adaptation.shot import Shot, ShotConfig, information, prototype_labels
from medgraft.transfer.models.heads.head import softmax


@pytest.mark.parametrize("diversity", [0.0, 1.0, 0.4])
def test_information_by_hand_and_by_numeric_derivative(diversity):
    logits = np.random.default_rng(0).normal(size=(5, 3))
    chances = softmax(logits)
    mean = chances.mean(axis=0)
    by_hand = -(chances * np.log(chances)).sum(axis=1).mean() + diversity * (mean * np.log(mean)).sum()
    value, slope = information(diversity)(logits)
    assert value == pytest.approx(by_hand)
    numeric = approx_fprime(logits.ravel(), lambda flat: information(diversity)(flat.reshape(5, 3))[0], 1e-7)
    np.testing.assert_allclose(slope.ravel(), numeric, atol=1e-6)


def test_prototypes_correct_a_boundary_that_cuts_through_a_class():
    rng = np.random.default_rng(0)
    truth = np.arange(80) % 2
    rows = 0.3 * rng.normal(size=(80, 2)) + np.where(truth[:, None] == 1, [4.0, 0.0], [0.0, 4.0])
    positive = np.where(truth == 1, 0.9, np.where(np.arange(80) % 6 == 0, 0.6, 0.2))
    found = prototype_labels(rows, np.column_stack([1 - positive, positive]))
    np.testing.assert_array_equal(found, truth)


def test_a_class_that_nobody_was_given_has_no_prototype():
    found = prototype_labels(np.eye(4), np.tile([0.7, 0.3, 0.0], (4, 1)))
    assert set(found) <= {0, 1}


def test_it_helps_where_the_target_is_moved(gains):
    before, after = gains("shot", "moved").T
    assert (after > before + 0.03).all()


def test_it_evens_out_classes_that_are_not_even(toys):
    """Its known weakness: under label shift the answers are made even all the same."""
    toy = toys("other-shares", 0)
    done = Shot(ShotConfig(pseudo=0.0)).adapt(toy.pair)
    assert done.probability[:, 1].mean() > toy.pair.before[:, 1].mean()
