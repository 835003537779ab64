"""BatchNorm brought to other pictures: exact where the change is one of contrast and brightness."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.batch_statistics import (
    Given,
    entropy_of,
    least_entropy,
    read_logits,
    target_statistics,
)
from medgraft.transfer.models.heads.linear import LinearHead


def test_contrast_and_brightness_are_taken_away_exactly(scanners):
    """Features are those of the pictures before the change, by statistics of their own."""
    toy, plain = scanners()
    ours = Given.of(toy.pair)
    changed = target_statistics(ours, batch_size=120, share=1.0)
    untouched = replace(toy.pair, network=replace(toy.pair.network, pixels=lambda rows: plain[rows]))
    theirs = Given.of(untouched)
    wanted = target_statistics(theirs, batch_size=120, share=1.0)
    np.testing.assert_allclose(ours.features(120), theirs.features(120), atol=2e-3)
    assert changed.facts["statistics_moved"] > wanted.facts["statistics_moved"]


def test_half_the_way_is_the_mean_of_the_statistics(scanners):
    toy, _ = scanners()
    first = toy.pair.network.backbone.build(1).state_dict()
    whole = target_statistics(Given.of(toy.pair), batch_size=120, share=1.0).state
    half = target_statistics(Given.of(toy.pair), batch_size=120, share=0.5).state
    for name in ("norm.running_mean", "norm.running_var"):
        np.testing.assert_allclose(half[name], (first[name].numpy() + whole[name]) / 2, rtol=1e-5)
    for name in ("layer.weight", "norm.weight"):
        np.testing.assert_array_equal(whole[name], first[name].numpy())


def test_only_scale_and_offset_learn_and_entropy_falls(scanners):
    toy, _ = scanners()
    given, head = Given.of(toy.pair), toy.pair.linear_head
    before = {name: item.clone() for name, item in given.network.state_dict().items()}
    changed = least_entropy(given, partial(read_logits, head=head), batch_size=40, epochs=5, lr=0.01)
    entropies = [row["entropy"] for row in changed.history]
    assert entropies[-1] < entropies[0]
    np.testing.assert_array_equal(changed.state["layer.weight"], before["layer.weight"].numpy())
    np.testing.assert_array_equal(changed.state["layer.bias"], before["layer.bias"].numpy())
    assert not np.allclose(changed.state["norm.weight"], before["norm.weight"].numpy())
    assert changed.facts["parameters_trained"] == 12


def test_no_time_is_no_step(scanners):
    toy, _ = scanners()
    given = Given.of(replace(toy.pair, until=0.0))
    read = partial(read_logits, head=toy.pair.linear_head)
    changed = least_entropy(given, read, batch_size=40, epochs=2, lr=0.01)
    assert [row["cases"] for row in changed.history] == [0, 0]
    np.testing.assert_array_equal(changed.state["norm.weight"], np.ones(6))


@pytest.mark.parametrize("rooted", [False, True])
def test_logits_are_the_heads_and_carry_gradients(rooted):
    rng = np.random.default_rng(0)
    head = LinearHead(rng.normal(size=(3, 5)).astype(np.float32), np.ones(3, np.float32), rooted)
    features = rng.normal(size=(7, 5)).astype(np.float32)
    given = torch.from_numpy(features).requires_grad_(True)
    found = read_logits(given, head)
    np.testing.assert_allclose(found.detach().numpy(), head.logits(features), atol=1e-4)
    found.sum().backward()
    assert torch.isfinite(given.grad).all()
    assert given.grad.abs().sum() > 0


def test_a_network_without_batchnorm_is_refused(scanners):
    toy, _ = scanners()

    class Plain:
        facts = toy.pair.network.backbone.facts

        def build(self, channels, state=None):
            return nn.Sequential(nn.Flatten(), nn.Linear(16, 6)).eval()

    with pytest.raises(UsageError, match="no BatchNorm"):
        Given.of(replace(toy.pair, network=replace(toy.pair.network, backbone=Plain())))


def test_entropy_of_cases_and_of_pixels():
    logits = torch.tensor([[0.0, 0.0], [9.0, -9.0]])
    np.testing.assert_allclose(entropy_of(logits), [np.log(2), 0], atol=1e-6)
    maps = logits[:, :, None, None].expand(2, 2, 3, 4)
    np.testing.assert_allclose(entropy_of(maps)[0], np.full((3, 4), np.log(2)), rtol=1e-6)
