"""A case is read once while it fits, and each time where it does not."""

from collections import Counter

import numpy as np

from medgraft.transfer.segmentation.shelf import Shelf


def test_kept_while_it_fits(made):
    reads = Counter()

    def study(row):
        reads[row] += 1
        return made.disc(row)

    small, large = (Shelf(study, made.flat_plan(), made.grey, limit=limit) for limit in (25_000, 10**9))
    for shelf in (large, small):
        for row in (0, 1, 0, 1):
            assert np.array_equal(shelf(row).labels[0], made.disc(row).labels)
    assert reads == {0: 2, 1: 3}  # of 20 kB each the small shelf keeps one
    assert large.shape(0) == (1, 64, 64)
