"""What labelled target cases count, and that a head moves towards them as far as they carry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.transfer.adaptation.few_labels import Labelled, known_labels, label_weight, moved_to_labels


@pytest.mark.parametrize(
    ("others", "known", "wanted"), [(100, 4, 10.0), (100, 50, 2.0), (100, 0, 0.0), (100, 400, 0.25)]
)
def test_a_labelled_case_counts_as_told_until_both_sides_count_alike(others, known, wanted):
    assert label_weight(others, known, 10.0) == wanted


def test_cases_are_stacked_with_their_labels_groups_and_weights(toys):
    pair = toys("moved", 0).pair
    labels = np.full(200, -1)
    labels[[3, 7]] = [1, 0]
    pair = replace(pair, target=replace(pair.target, labels=labels))
    source, target = np.zeros((200, 2)), np.arange(400.0).reshape(200, 2)
    cases = Labelled.of(pair, source, target, 5.0)
    np.testing.assert_array_equal(cases.rows[200:], target[[3, 7]])
    np.testing.assert_array_equal(cases.labels[200:], [1, 0])
    np.testing.assert_array_equal(cases.groups[200:], pair.target.groups[[3, 7]])
    np.testing.assert_array_equal(cases.weights, [1.0] * 200 + [5.0] * 2)
    weighted = Labelled.of(pair, source, target, 5.0, np.full(200, 0.5))
    np.testing.assert_array_equal(weighted.weights[:200], 0.5)
    assert not len(known_labels(replace(pair.target, labels=None)))


def test_a_head_moves_with_the_number_of_labels(toys):
    toy = toys("moved", 0)
    head, right, far = toy.pair.linear_head, [], []
    for number in (0, 20, 100):
        labels = np.where(np.arange(200) < number, toy.truth, -1)
        found = moved_to_labels(head, replace(toy.pair.target, labels=labels), 10.0)
        right.append(np.mean(found.probabilities(toy.pair.target.features).argmax(axis=1)[100:] == toy.truth[100:]))
        far.append(np.abs(found.weight - head.weight).sum())
    assert right[0] == np.mean(toy.pair.before.argmax(axis=1)[100:] == toy.truth[100:])
    assert right[2] > 0.95 > right[0]
    assert 0 == far[0] < far[1] < far[2]


def test_no_weight_is_no_move(toys):
    toy = toys("moved", 0)
    target = replace(toy.pair.target, labels=toy.truth)
    assert moved_to_labels(toy.pair.linear_head, target, 0.0) is toy.pair.linear_head
