"""What AdaBN and TENT are given is a copy, and windows of the target's pixels alone."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.adaptation.outlines.normed import given_of


def test_windows_are_the_pictures_of_the_target(toy):
    given = given_of(toy.pair, "adabn", 5)
    assert given.count == 5 and given.network is not toy.pair.network and not given.network.training
    pictures = np.stack([toy.pair.target.shelf(row).pixels[:, 0] for row in (0, 3, 6, 8, 11)])
    np.testing.assert_array_equal(given.inputs(np.arange(5)).numpy(), pictures)
