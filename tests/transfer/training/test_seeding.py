"""Draws depend on (seed, epoch, step) alone and leave the caller's generators where they were."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.transfer.training.seeding import batches, epoch_order, seeded

CPU = torch.device("cpu")


def draw(seed: int, epoch: int, step: int) -> torch.Tensor:
    with seeded(CPU, seed, epoch, step):
        return torch.rand(4)


def test_the_same_place_draws_the_same_and_another_does_not() -> None:
    assert torch.equal(draw(1, 2, 3), draw(1, 2, 3))
    draws = {tuple(draw(*place).tolist()) for place in [(1, 2, 3), (2, 2, 3), (1, 3, 3), (1, 2, 4), (1, 3, 2)]}
    assert len(draws) == 5


def test_global_generators_are_untouched() -> None:
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    draw(0, 0, 0)
    epoch_order(0, 1, 10)
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**31), st.integers(1, 1000), st.integers(1, 200))
def test_an_order_is_a_reproducible_permutation(seed: int, epoch: int, count: int) -> None:
    order = epoch_order(seed, epoch, count)
    assert sorted(order) == list(range(count))
    np.testing.assert_array_equal(order, epoch_order(seed, epoch, count))


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 300), st.integers(1, 64))
def test_batches_are_even_and_complete(count: int, size: int) -> None:
    parts = batches(np.arange(count), size)
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(count))
    lengths = [len(part) for part in parts]
    assert max(lengths) <= size
    assert max(lengths) - min(lengths) <= 1
    assert len(parts) == -(-count // size)


def test_epochs_differ() -> None:
    assert not np.array_equal(epoch_order(0, 1, 50), epoch_order(0, 2, 50))
