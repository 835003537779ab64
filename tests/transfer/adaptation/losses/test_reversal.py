"""The reversed gradient by numeric derivative."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.transfer.adaptation.losses.reversal import reversed_gradient, rising


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_values_stay_and_the_gradient_is_turned(strength):
    values = torch.tensor([0.5, -1.5, 2.0], dtype=torch.float64, requires_grad=True)
    passed = reversed_gradient(values, strength)
    torch.testing.assert_close(passed, values)
    (passed**3).sum().backward()
    step = 1e-6
    numeric = [((v + step) ** 3 - (v - step) ** 3) / (2 * step) for v in values.detach().numpy()]
    np.testing.assert_allclose(values.grad.numpy(), -strength * np.array(numeric), rtol=1e-6, atol=1e-9)


def test_strength_rises_from_none_to_nearly_one():
    assert rising(0.0) == 0.0
    assert rising(0.1) == pytest.approx(2 / (1 + np.exp(-1)) - 1)
    assert 0.9999 < rising(1.0) < 1.0
