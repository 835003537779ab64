"""Pairs of views through one network; the projector follows from its seed."""

from __future__ import annotations

import torch
from torch import nn

from medgraft.transfer.pretraining.embedder import PairEmbedder


def _embedder(seed: int) -> PairEmbedder:
    return PairEmbedder(nn.Flatten(), 12, 8, seed)


def test_each_view_is_embedded_as_it_would_be_alone():
    first, second = torch.rand(5, 3, 2, 2), torch.rand(5, 3, 2, 2)
    network = _embedder(0).eval()
    embedded = network(first, second)
    assert embedded.shape == (5, 2, 8)
    torch.testing.assert_close(embedded[:, 0], network.projector(first.flatten(1)))
    torch.testing.assert_close(embedded[:, 1], network.projector(second.flatten(1)))


def test_the_projector_follows_from_the_seed_and_moves_no_other_draw():
    before = torch.random.get_rng_state()
    one, two, other = (_embedder(seed).state_dict()["projector.0.weight"] for seed in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    assert torch.equal(before, torch.random.get_rng_state())
