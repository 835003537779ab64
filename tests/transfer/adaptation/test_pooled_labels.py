"""A few labels of the target move the boundary there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medgraft.transfer.adaptation.pooled_labels import PooledLabels, PooledLabelsConfig


def test_more_labels_are_worth_more(toys):
    toy = toys("moved", 0)
    right = []
    for number in (0, 60):
        labels = np.where(np.arange(200) < number, toy.truth, -1)
        pair = replace(toy.pair, target=replace(toy.pair.target, labels=labels))
        done = PooledLabels(PooledLabelsConfig(root=False)).adapt(pair)
        right.append(np.mean(done.probability.argmax(axis=1)[60:] == toy.truth[60:]))
        assert done.facts["target_labels"] == number
    assert right[1] > right[0] + 0.1
    assert right[1] > 0.85
