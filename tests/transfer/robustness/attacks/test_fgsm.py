"""FGSM by hand."""

from __future__ import annotations

import numpy as np
import torch

from medgraft.transfer.robustness.attacks.attack import Batch, attacked
from medgraft.transfer.robustness.attacks.fgsm import Fgsm


def test_on_a_linear_model_it_is_epsilon_times_the_sign_of_the_weights(linear):
    epsilon = 0.01
    found = attacked(Fgsm(), linear.model, Batch(linear.pixels, linear.labels, np.arange(12)), epsilon=epsilon)
    torch.testing.assert_close(found.pixels, linear.worst(epsilon))
    assert found.right.tolist() == (linear.lead > linear.most(epsilon)).tolist()
    assert 0 < found.right.sum() < 12


def test_a_pixel_without_influence_stays():
    def model(pixels):
        return torch.stack([pixels[:, 0, 0, 0], 0.4 + 0 * pixels[:, 0, 0, 0]], dim=1)

    pixels = torch.full((1, 1, 1, 2), 0.6)
    found = attacked(Fgsm(), model, Batch(pixels, torch.tensor([0]), np.arange(1)), epsilon=0.1)
    torch.testing.assert_close(found.pixels.flatten(), torch.tensor([0.5, 0.6]))
