"""Randomness is passed in and counted, not carried along: a draw depends on (seed, epoch, step) alone.

So nothing random has to be saved: a run that is started again at epoch 7 draws what the unbroken run drew
there. Augmentation draws from (seed, epoch, case index) in the same way, in its own room.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["batches", "epoch_order", "seeded"]

_ORDER, _NETWORK = 1, 2
"""Names of the streams, so that the order of cases and the dropout of a network are independent."""


def epoch_order(seed: int, epoch: int, count: int, balance: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """A permutation of ``range(count)`` for one epoch; with ``balance`` (count,), the classes, as many draws with
    replacement in which every class that is there is equally likely."""
    generator = np.random.default_rng((_ORDER, seed, epoch))
    if balance is None:
        return generator.permutation(count).astype(np.int64)
    chances = 1.0 / np.bincount(balance)[balance]
    return generator.choice(count, size=count, p=chances / chances.sum()).astype(np.int64)


def batches(order: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """``order`` cut into batches of at most ``size`` whose lengths differ by one at most.

    Even lengths leave no batch of a single case at the end, which would break BatchNorm and weigh that case
    more.
    """
    return np.array_split(order, max(1, -(-len(order) // size)))


@contextmanager
def seeded(device: torch.device, seed: int, epoch: int, step: int) -> Iterator[None]:
    """Within it torch's generators (dropout, stochastic depth) start from (seed, epoch, step); afterwards the
    caller's generators stand where they stood."""
    state = np.random.SeedSequence((_NETWORK, seed, epoch, step)).generate_state(2, np.uint32)
    number = int(state[0]) << 31 | int(state[1]) >> 1
    if device.type == "cpu":
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(number)
            yield
    else:
        with torch.random.fork_rng(devices=[device.index or 0], device_type=device.type):
            torch.default_generator.manual_seed(number)
            torch.get_device_module(device).manual_seed(number)
            yield
