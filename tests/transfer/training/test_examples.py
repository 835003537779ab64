"""Batches: positions become rows and case indices, and the feed decides the rest."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.training.examples import Examples


def test_the_feed_gets_rows_and_indices_of_the_chosen() -> None:
    asked = []

    def feed(rows, index, epoch):
        asked.append((rows.tolist(), index.tolist(), epoch))
        return (rows[:, None].astype(np.float32), index[:, None].astype(np.float32))

    rows = np.array([4, 0, 2])
    examples = Examples(rows, np.array([0, 1, 0]), np.ones(3), rows + 100, feed)
    assert len(examples) == 3
    first, second = examples.batch(np.array([2, 0]))
    np.testing.assert_array_equal(first, [[2], [4]])
    np.testing.assert_array_equal(second, [[102], [104]])
    examples.batch(np.array([1]), epoch=3)
    assert asked == [([2, 4], [102, 104], None), ([0], [100], 3)]
