"""Source-only changes nothing."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.adaptation.source_only import SourceOnly, SourceOnlyConfig


def test_the_head_is_the_sources(toys):
    pair = toys("moved", 0).pair
    done = SourceOnly(SourceOnlyConfig()).adapt(pair)
    assert done.head is pair.head
    np.testing.assert_array_equal(done.probability, pair.before)
    assert (done.collapsed, done.backbone_state, done.history, done.facts) == (None, None, [], {})
