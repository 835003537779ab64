"""Square: by answers alone it comes to what gradients find, and further where they mislead."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.transfer.robustness.attacks.apgd import Apgd
from medgraft.transfer.robustness.attacks.attack import Batch, attacked
from medgraft.transfer.robustness.attacks.pgd import Pgd
from medgraft.transfer.robustness.attacks.square import Square, square_side


def test_squares_become_smaller_with_the_schedule_stretched_to_the_budget():
    sides = [square_side(number, 10_000, 0.8, 28, 28) for number in (1, 10, 11, 51, 201, 501, 8001, 9999)]
    assert sides == [25, 25, 18, 13, 9, 6, 1, 1]
    assert [square_side(number, 1000, 0.8, 28, 28) for number in (1, 2, 6, 21, 51)] == [25, 18, 13, 9, 6]
    assert square_side(1, 100, 1.0, 8, 32) == 8


def test_on_a_linear_model_it_comes_near_the_worst_picture(linear):
    epsilon = 0.0002
    batch = Batch(linear.pixels, linear.labels, np.arange(12))
    found = attacked(Square(queries=1500), linear.model, batch, epsilon=epsilon)
    assert found.right.all()
    fallen = linear.lead - linear.model(found.pixels)[:, 1].numpy()
    assert (fallen > 0.95 * linear.most(epsilon)).all()
    assert (fallen < 1.001 * linear.most(epsilon)).all()


def test_it_asks_no_more_than_its_budget(linear):
    asked = []

    def model(pixels):
        asked.append(len(pixels))
        return linear.model(pixels)

    batch = Batch(linear.pixels, linear.labels, np.arange(12))
    attacked(Square(queries=7), model, batch, epsilon=0.0002)
    assert asked == [12] * (1 + 7 + 1)  # as they are, the search, and what was found


MASKS = {
    "quantised": lambda pixels: torch.round(pixels * 64) / 64,
    "detached": lambda pixels: pixels.detach(),
}


@pytest.mark.parametrize("mask", sorted(MASKS))
def test_where_gradients_are_masked_it_fools_whom_they_do_not(linear, mask):
    """All pictures can be fooled within 0.1; a random start alone does not."""
    far = (linear.lead > 2.5) & (linear.lead < 0.9 * linear.most(0.1))
    batch = Batch(linear.pixels[far], linear.labels[far], np.arange(int(far.sum())))
    assert far.sum() > 3

    def model(pixels):
        return linear.model(MASKS[mask](pixels))

    for blind in (Pgd(), Apgd(steps=20)):
        assert attacked(blind, model, batch, epsilon=0.1).right.float().mean() > 0.8
    assert attacked(Square(queries=1000), model, batch, epsilon=0.1).right.float().mean() < 0.1
