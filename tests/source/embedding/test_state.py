"""The weights of a backbone as arrays: equal to the built network's, and kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.home import Home
from medgraft.source.backbones import construction
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.state import backbone_state


def test_equal_to_the_network_and_kept(job, monkeypatch):
    built = {name: value.numpy() for name, value in job.backbone.build(job.channels).state_dict().items()}
    first = backbone_state(job)
    monkeypatch.setattr(construction, "build_network", lambda *_: pytest.fail("built again"))
    second = backbone_state(job)
    assert set(first) == set(second) == set(built)
    for name in built:
        np.testing.assert_array_equal(first[name], built[name])
        np.testing.assert_array_equal(second[name], built[name])
        assert first[name].shape == second[name].shape == built[name].shape


def test_given_weights_are_given_back(job):
    state = {"a": np.ones(3)}
    assert backbone_state(replace(job, state=state)) == state


def test_the_default_backbone_comes_from_its_package(tmp_path, monkeypatch):
    home = Home(tmp_path)
    backbone = resolve_backbone("tf_efficientnet_lite0", home=home)
    monkeypatch.setattr(construction, "build_network", lambda *_: pytest.fail("built"))
    state = backbone_state(Job(backbone, backbone.facts.checksum, 1, 224, home))
    assert state["body.conv_stem.weight"].shape == (32, 2, 3, 3)
