"""TENT of outlines: entropy of pixels falls, only scales and offsets learn."""

from __future__ import annotations

import torch

from medgraft.transfer.adaptation.outlines.tent import OutlineTent, OutlineTentConfig


def test_entropy_falls_and_only_scale_and_offset_learn(toy):
    found = OutlineTent(OutlineTentConfig(batch_size=4, epochs=4, lr=0.01)).adapt(toy.pair)
    entropies = [row["entropy"] for row in found.history]
    assert entropies[-1] < entropies[0]
    assert found.facts["parameters_trained"] == 32  # two layers of eight channels
    before, after = toy.pair.network.state_dict(), found.network.state_dict()
    for place in ("0", "3", "6"):
        assert torch.equal(after[f"{place}.weight"], before[f"{place}.weight"])
    assert not torch.equal(after["1.weight"], before["1.weight"])
    assert toy.dice(found.network) > 0.9
