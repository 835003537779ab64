"""A discriminator of outlines: it tells sites apart, and the pull makes the target's outlines like the source's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from medgraft.transfer.adaptation.outlines.output_adversarial import (
    Discriminator,
    OutlineAdversary,
    OutputAdversarial,
    OutputAdversarialConfig,
)


@pytest.mark.parametrize(("dims", "shape"), [(2, (32, 32)), (3, (8, 16, 16))])
def test_it_tells_place_by_place_in_pictures_and_volumes(dims, shape):
    told = Discriminator(3, dims, 4)(torch.rand(2, 3, *shape))
    assert told.shape[:2] == (2, 1) and told.ndim == 2 + dims


def test_it_learns_to_tell_apart_what_differs_and_the_pull_leads_to_the_source():
    torch.manual_seed(0)
    adversary = OutlineAdversary(Discriminator(2, 2, 8), 0.01)
    source, target = torch.zeros(4, 2, 16, 16), torch.zeros(4, 2, 16, 16)
    source[:, 1], target[:, 1] = 2.0, -2.0
    target.requires_grad_(True)
    first = float(adversary(source, target).detach())
    for _ in range(30):
        pull = adversary(source, target)
    assert float(pull.detach()) > first  # the target is known for what it is
    (slope,) = torch.autograd.grad(pull, target)
    assert float(slope[:, 1].mean()) < 0 < float(slope[:, 0].mean())
    assert all(item.grad is None or not item.requires_grad for item in adversary.discriminator.parameters())


def test_it_helps_where_outlines_are_lost(toy):
    """Most of five seeds: a game of two networks has no single end, and another order of sums leads to another one."""
    config = OutputAdversarialConfig(steps=200, lr=0.005, weight=0.1, width=8)
    found = [OutputAdversarial(config).adapt(replace(toy.pair, seed=seed)) for seed in range(5)]
    assert np.median([toy.dice(one.network) for one in found]) > toy.dice(toy.pair.network) + 0.2
    assert np.median([one.history[-1]["source_loss"] for one in found]) < 0.6
