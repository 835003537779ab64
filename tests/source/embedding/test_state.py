"""The weights of a backbone as arrays: equal to the built network's, and kept."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import asdict, replace

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


def test_the_second_time_without_torch(job):
    """In a process of its own, which knows the facts of the backbone and the house."""
    first = backbone_state(job)
    facts = json.dumps(asdict(job.backbone.facts))
    code = (
        "import hashlib, json, sys\n"
        "from pathlib import Path\n"
        "from medgraft.home import Home\n"
        "from medgraft.source.backbones.backbone import BackboneFacts\n"
        "from medgraft.source.backbones.resolve import backbone_from_facts\n"
        "from medgraft.source.embedding.engine import Job\n"
        "from medgraft.source.embedding.state import backbone_state\n"
        "facts = BackboneFacts(**json.loads(sys.argv[1]))\n"
        "state = backbone_state(Job(backbone_from_facts(facts), facts.checksum, 3, 32, Home(Path(sys.argv[2]))))\n"
        "assert not {'torch', 'timm'} & set(sys.modules), 'imported'\n"
        "print(json.dumps({name: hashlib.sha256(value.tobytes()).hexdigest() for name, value in state.items()}))\n"
    )
    command = [sys.executable, "-c", code, facts, str(job.home.path)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert json.loads(output) == {name: hashlib.sha256(value.tobytes()).hexdigest() for name, value in first.items()}


def test_a_damaged_copy_is_made_again(job):
    first = backbone_state(job)
    (shard,) = (job.home.cache / "states").rglob("*.safetensors")
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    second = backbone_state(job)
    for name, value in first.items():
        np.testing.assert_array_equal(second[name], value)


def test_a_stem_for_one_channel_depends_on_mean_and_std(job):
    """Both are folded into it: the same weights with other ones have another state."""
    grey = replace(job, channels=1)
    facts = replace(job.backbone.facts, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    first, second = backbone_state(grey), backbone_state(replace(grey, backbone=replace(job.backbone, facts=facts)))
    assert any((first[name] != second[name]).any() for name in first)


def test_given_weights_are_given_back(job):
    state = {"a": np.ones(3)}
    assert backbone_state(replace(job, state=state)) == state


def test_the_default_backbone_comes_from_its_package(tmp_path, monkeypatch):
    home = Home(tmp_path)
    backbone = resolve_backbone("tf_efficientnet_lite0", home=home)
    monkeypatch.setattr(construction, "build_network", lambda *_: pytest.fail("built"))
    state = backbone_state(Job(backbone, backbone.facts.checksum, 1, 224, home))
    assert state["body.conv_stem.weight"].shape == (32, 2, 3, 3)
