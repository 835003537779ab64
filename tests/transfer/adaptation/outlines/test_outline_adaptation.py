"""The pair gives each method the same windows and patches."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.outlines.outline_adaptation import OutlinePair
from medgraft.transfer.segmentation.prepared import UNKNOWN


def test_windows_cover_the_target_or_are_spread_over_it(toy):
    assert toy.pair.windows(1000)[1] == len(toy.pair.target.rows)
    feed, count = toy.pair.windows(3)
    assert (len(feed), count) == (3, 3)


def test_no_mask_of_the_target_is_seen(toy):
    feed, rows = toy.pair.patches(toy.pair.target), np.arange(4)
    assert (feed(rows, rows, 1)[1] == UNKNOWN).all()
    assert set(np.unique(toy.pair.patches(toy.pair.seen_source)(rows, rows, 1)[1])) >= {0, 1}


def test_without_a_source(toy):
    with pytest.raises(UsageError, match="not at hand"):
        _ = OutlinePair(toy.pair.network, toy.pair.plan, 2, toy.pair.target).seen_source
