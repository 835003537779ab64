"""PGD where the worst picture is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.transfer.robustness.attacks.attack import Batch, attacked
from medgraft.transfer.robustness.attacks.pgd import Pgd


@pytest.mark.parametrize("options", [{}, {"random_start": False}, {"restarts": 3}, {"step": 0.1, "steps": 25}], ids=str)
def test_on_a_linear_model_it_reaches_the_worst_picture(linear, options):
    """Where nobody is fooled on the way, every pixel ends at its edge."""
    epsilon = 0.0002
    batch = Batch(linear.pixels, linear.labels, np.arange(12))
    assert linear.most(epsilon) < linear.lead.min()
    found = attacked(Pgd(**options), linear.model, batch, epsilon=epsilon)
    assert found.right.all()
    torch.testing.assert_close(found.pixels, linear.worst(epsilon), rtol=0, atol=1e-7)


def test_who_can_be_fooled_is(linear):
    batch = Batch(linear.pixels, linear.labels, np.arange(12))
    found = attacked(Pgd(), linear.model, batch, epsilon=0.05)
    assert found.right.tolist() == (linear.lead > linear.most(0.05)).tolist()
    assert 0 < found.right.sum() < 12


def test_the_worst_on_the_way_is_kept_not_the_last():
    """The loss has its top on the way, and a step that is too large jumps over it."""

    def model(pixels):
        moved = (pixels[:, 0, 0, 0] - 0.5) / 0.1  # from 0 at the clean picture to 1 at the edge
        lead = 1 - 0.9 * torch.exp(-(((moved - 0.5) / 0.2) ** 2)) - 0.01 * moved
        return torch.stack([lead, torch.zeros_like(lead)], dim=1)

    pixels = torch.full((1, 1, 1, 1), 0.5)
    batch = Batch(pixels, torch.tensor([0]), np.arange(1))
    attack = Pgd(step=0.5, steps=2, random_start=False)
    found = attacked(attack, model, batch, epsilon=0.1)
    torch.testing.assert_close(found.pixels, torch.full((1, 1, 1, 1), 0.55))
