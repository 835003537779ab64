"""Backbones side by side: facts add up, each part stays what it is, and names are read as they are written."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from medgraft.errors import UsageError
from medgraft.home import Home
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.backbones.joined import JoinedBackbone, split_parts
from medgraft.source.backbones.resolve import backbone_from_facts, resolve_backbone

LITE = "tf_efficientnet_lite0"
TWO = f"{LITE}+classical"


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def joined(home):
    return resolve_backbone(TWO, home=home)


def test_facts_add_up(home, joined):
    lite, classical = (resolve_backbone(name, home=home).facts for name in (LITE, "classical"))
    facts = joined.facts
    assert (facts.name, facts.parts) == (TWO, (lite, classical))
    assert facts.feature_dim == lite.feature_dim + classical.feature_dim
    assert facts.parameters == lite.parameters
    assert facts.pooled_dim == lite.pooled_dim
    assert facts.checksum not in (lite.checksum, classical.checksum)
    assert lite.licence in facts.licence
    assert classical.trained_on in facts.trained_on


def test_size_is_that_of_the_first_network(home):
    assert resolve_backbone(f"classical+{LITE}", home=home).facts.size == 224
    assert resolve_backbone(f"classical+{LITE}", home=home).facts.descriptors == ()


def test_every_part_is_asked_for_its_channels_and_its_pooled_output(joined):
    three = joined.for_channels(3)
    assert three.facts.parts[1].feature_dim > joined.facts.parts[1].feature_dim
    assert joined.pooled().facts.parts[0].feature_dim == joined.facts.pooled_dim
    assert joined.pooled().facts.parts[0].readout == ()


def test_a_bundle_knows_it_by_its_facts(joined):
    plain = json.loads(json.dumps(asdict(joined.facts)))
    back = backbone_from_facts(BackboneFacts.restore(plain))
    assert isinstance(back, JoinedBackbone)
    assert back.facts == joined.facts


def test_each_part_says_its_own_weights(home):
    facts = resolve_backbone(f"{LITE}@random+{LITE}", home=home, seed=4).facts
    assert facts.parts[0].weights == "random"
    assert facts.parts[0].checksum == "random:4" != facts.parts[1].checksum
    assert resolve_backbone(f"{LITE}@random", home=home, seed=4) == resolve_backbone(
        LITE, weights="random", home=home, seed=4
    )


@pytest.mark.parametrize("name", ["a+", "+", "a++b", "a+a", "a@", "@w", "a+b@"])
def test_half_a_name_is_refused(home, name):
    with pytest.raises(UsageError, match="NAME@WEIGHTS"):
        resolve_backbone(name, home=home)


def test_weights_for_all_are_refused(home):
    with pytest.raises(UsageError, match=r"NAME@WEIGHTS.*leave --weights out"):
        resolve_backbone(TWO, weights="random", home=home)


def test_parts_are_read():
    assert split_parts("a@w+torchvision/b+c[d=e]") == [("a", "w"), ("torchvision/b", None), ("c[d=e]", None)]


@pytest.mark.parametrize("ask", [lambda b: b.build(1), lambda b: b.stages(None), lambda b: b.forgotten(0)])
def test_there_is_no_one_network(joined, ask):
    with pytest.raises(UsageError, match="no one network"):
        ask(joined)


def test_volumes_are_taken_whole_by_all_or_by_none(home, joined):
    two = resolve_backbone(f"{LITE}+{LITE}@random", home=home).inflated()
    assert two.facts.inflated
    assert all(part.inflated for part in two.facts.parts)
    with pytest.raises(UsageError):
        joined.inflated()
