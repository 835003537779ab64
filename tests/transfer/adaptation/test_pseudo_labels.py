"""Self-training: who is taken, and where it helps."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.adaptation.pseudo_labels import PseudoLabels, PseudoLabelsConfig, surest


def test_the_surest_part_of_each_class_is_taken_above_the_threshold():
    positive = np.array([0.99, 0.9, 0.8, 0.55, 0.3, 0.45])
    chances = np.column_stack([1 - positive, positive])
    np.testing.assert_array_equal(surest(chances, 0.5, 0.6), [True, True, False, False, True, False])
    np.testing.assert_array_equal(surest(chances, 1.0, 0.6), [True, True, True, False, True, False])
    assert not surest(chances, 1.0, 1.0).any()


def test_the_part_grows(toys):
    done = PseudoLabels(PseudoLabelsConfig(threshold=0.0)).adapt(toys("moved", 0).pair)
    taken = [row["taken"] for row in done.history]
    assert taken == sorted(taken)
    assert taken[0] < taken[-1]
    assert 55 <= taken[0] <= 70  # 30 % of 200, rounded up class by class
    assert done.collapsed is None


def test_nothing_sure_is_nothing_done(toys):
    pair = toys("moved", 0).pair
    done = PseudoLabels(PseudoLabelsConfig(threshold=1.0)).adapt(pair)
    assert done.history == []
    np.testing.assert_array_equal(done.probability, pair.before)


def test_it_helps_where_the_source_is_mostly_right(gains):
    before, after = gains("pseudo-labels", "moved").T
    assert (after > before + 0.03).all()
