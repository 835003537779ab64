"""AdaBN of outlines takes contrast and brightness away: exactly, and so that the discs are found again."""

from __future__ import annotations

import numpy as np
import torch

from medgraft.transfer.adaptation.outlines.adabn import OutlineAdaBn, OutlineAdaBnConfig


def logits(model, pair):
    pixels = torch.from_numpy(np.stack([pair.target.shelf(row).pixels[:, 0] for row in pair.target.rows]))
    with torch.no_grad():
        return model(pixels).numpy()


def test_an_affine_change_of_grey_values_is_taken_away(toy):
    method = OutlineAdaBn(OutlineAdaBnConfig(batch_size=12))
    moved, plain = method.adapt(toy.pair), method.adapt(toy.plain)
    np.testing.assert_allclose(logits(moved.network, toy.pair), logits(plain.network, toy.plain), atol=0.01)
    assert moved.facts["statistics_moved"] > 3 * plain.facts["statistics_moved"]
    assert moved.facts["windows"] == 12 and moved.facts["layers"] == 2


def test_discs_that_were_lost_are_found_again(toy):
    assert toy.dice(toy.pair.network) < 0.5
    assert toy.dice(OutlineAdaBn(OutlineAdaBnConfig()).adapt(toy.pair).network) > 0.9


def test_no_weight_is_learnt_and_half_the_way_is_the_mean(toy):
    first = toy.pair.network.state_dict()
    whole, half = (
        OutlineAdaBn(OutlineAdaBnConfig(share=share)).adapt(toy.pair).network.state_dict() for share in (1.0, 0.5)
    )
    for name, value in first.items():
        if "running" not in name:
            assert "num_batches" in name or torch.equal(whole[name], value)
            continue
        torch.testing.assert_close(half[name], (value + whole[name]) / 2)
