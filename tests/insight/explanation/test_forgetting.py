"""Forgetting goes from the output to the input, adds up, and touches nothing else."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from medgraft.home import Home
from medgraft.insight.explanation.forgetting import forgetting
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.engine import Job
from medgraft.transfer.models.heads.linear import LinearHead


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("home"))
    backbone = resolve_backbone("resnet18", weights="random", home=home, seed=3)
    job = Job(backbone, backbone.facts.checksum, 1, 64, home)
    weight = np.random.default_rng(0).normal(size=(2, backbone.facts.feature_dim)).astype(np.float32)
    head = LinearHead(weight, np.zeros(2, np.float32))
    return job, head, list(forgetting(job, head, seed=4))


def changed(job, network):
    before, after = job.backbone.build(1).state_dict(), network.parts[0].network.state_dict()
    return {name for name in before if before[name].is_floating_point() and not torch.equal(before[name], after[name])}


def test_order_and_growth(steps):
    job, _, found = steps
    network = job.backbone.build(1)
    assert [name for name, _ in found] == ["head", *(name for name, _ in reversed(job.backbone.stages(network)))]
    sets = [changed(job, one) for _, one in found]
    assert sets[0] == set()
    assert all(small <= large for small, large in itertools.pairwise(sets))
    kernels = {name for name, item in network.named_parameters() if item.ndim == 4}
    assert kernels <= sets[-1]


def test_some_steps_only_are_the_same_steps(steps):
    job, head, found = steps
    ((name, network),) = forgetting(job, head, seed=4, only=("layer2",))
    assert name == "layer2"
    assert changed(job, network) == changed(job, dict(found)["layer2"])


def test_a_head_keeps_its_numbers_and_loses_their_places(steps):
    _, head, found = steps
    blank = found[0][1].head
    assert not np.array_equal(blank.weight, head.weight)
    np.testing.assert_array_equal(np.sort(blank.weight.ravel()), np.sort(head.weight.ravel()))
