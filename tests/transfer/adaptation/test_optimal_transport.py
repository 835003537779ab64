"""The source is carried onto the target; large sides by a part of their cases."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.adaptation.optimal_transport import OptimalTransportConfig, transported

RNG = np.random.default_rng(0)


def test_a_move_of_the_whole_is_found():
    source = np.concatenate([RNG.normal(size=(40, 3)), RNG.normal(size=(40, 3)) + np.array([8, 0, 0])])
    labels = np.repeat([0, 1], 40)
    move = np.array([1.0, -2.0, 0.5])
    mapped, plan = transported(source, labels, source + move, OptimalTransportConfig(), 0)
    assert plan.error < 1e-3
    means = [mapped[labels == label].mean(axis=0) - (source + move)[labels == label].mean(axis=0) for label in (0, 1)]
    assert np.abs(means).max() < 0.2


def test_of_large_sides_a_part_is_transported_and_the_rest_follows():
    source = RNG.normal(size=(200, 3))
    config = OptimalTransportConfig(cases=50)
    mapped, plan = transported(source, np.arange(200) % 2, source + 5.0, config, 3)
    assert plan.mass.shape == (50, 50)
    assert mapped.shape == (200, 3)
    assert np.abs(mapped.mean(axis=0) - source.mean(axis=0) - 5.0).max() < 0.5
    again = transported(source, np.arange(200) % 2, source + 5.0, config, 3)[0]
    np.testing.assert_array_equal(mapped, again)
    assert not np.array_equal(mapped, transported(source, np.arange(200) % 2, source + 5.0, config, 4)[0])


def test_it_helps_where_the_target_is_moved(gains):
    before, after = gains("optimal-transport", "moved").T
    assert (after > before + 0.05).all()
