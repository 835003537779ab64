"""The ball of an attack, and the gradient that it follows."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from medgraft.transfer.training.perturbation import Ball, slope


@given(st.floats(0, 1), st.integers(0, 2**31 - 1))
def test_what_is_projected_is_inside_and_what_is_inside_stays(epsilon, seed):
    draws = torch.Generator().manual_seed(seed)
    centre = torch.rand((2, 1, 3, 3), generator=draws)
    ball = Ball(centre, epsilon)
    inside = ball.project(3 * torch.randn(centre.shape, generator=draws))
    assert float((inside - centre).abs().max()) <= epsilon + 1e-6
    assert float(inside.min()) >= 0 and float(inside.max()) <= 1
    torch.testing.assert_close(ball.project(inside), inside, rtol=0, atol=0)


def test_shares_are_of_epsilon_and_the_edge_of_the_range_holds():
    centre = torch.tensor([[[[0.5, 0.05, 0.98]]]])
    found = Ball(centre, 0.1).at(torch.tensor([[[[1.0, -1.0, 0.5]]]]))
    torch.testing.assert_close(found, torch.tensor([[[[0.6, 0.0, 1.0]]]]))


def test_the_slope_is_the_gradient_and_touches_no_parameter():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    pixels = torch.rand(5, 1, 2, 2)
    with torch.no_grad():  # a caller's no_grad does not blind it
        logits, each, uphill = slope(net, pixels, lambda given: given.pow(2).sum(dim=1))
    expected = 2 * net(pixels).detach() @ net[1].weight.detach()
    torch.testing.assert_close(uphill, expected.view(5, 1, 2, 2))
    torch.testing.assert_close(each, logits.pow(2).sum(dim=1))
    assert not any(item.requires_grad for item in (logits, each, uphill))
    assert all(item.grad is None for item in net.parameters())


@pytest.mark.parametrize("how", ["detached", "another leaf", "not finite"])
def test_where_no_gradient_comes_it_is_zero(how):
    weight = torch.ones(1, requires_grad=True)
    models = {
        "detached": lambda pixels: pixels.detach().flatten(1),
        "another leaf": lambda pixels: pixels.detach().flatten(1) * weight,
        "not finite": lambda pixels: (pixels.flatten(1) - pixels.flatten(1)).abs().sqrt(),
    }
    pixels = torch.rand(2, 1, 2, 2)
    _, _, uphill = slope(models[how], pixels, lambda logits: logits.sum(dim=1))
    assert torch.equal(uphill, torch.zeros_like(pixels))
