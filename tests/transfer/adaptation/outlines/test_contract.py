"""One contract for every adaptation of outlines in the registry."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.outlines.catalogue import BUILT_IN, OUTLINE_ADAPTATIONS

NAMES = list(OUTLINE_ADAPTATIONS)
QUICK = {"entropy": {"steps": 4}, "output-adversarial": {"steps": 4, "width": 4}}
NEED_NORMS = {"adabn", "tent"}


def method(name, **options):
    member = OUTLINE_ADAPTATIONS.get(name)
    return member(member.Config(**{**QUICK.get(name, {}), **options}))


def test_all_are_there():
    assert len(BUILT_IN) == len(NAMES) == 5


@pytest.mark.parametrize("name", NAMES)
def test_name_config_and_card(name):
    member = OUTLINE_ADAPTATIONS.get(name)
    assert member.name == name and member.paper and member.cost and member.__doc__
    assert get_args(member.Config.model_fields["kind"].annotation) == (name,)
    assert all(field.description for key, field in member.Config.model_fields.items() if key != "kind")
    with pytest.raises(ValidationError):
        member.Config(no_such_field=1)
    with pytest.raises(ValidationError):
        member.Config().kind = "other"


@pytest.mark.parametrize("name", NAMES)
def test_twice_the_same_and_its_hands_off_what_was_given(name, toy):
    before = {key: item.clone() for key, item in toy.pair.network.state_dict().items()}
    first = method(name).adapt(toy.pair)
    torch.rand(3)
    again = method(name).adapt(toy.pair)
    json.dumps([first.history, first.facts], allow_nan=False)
    assert first.history == again.history and first.facts == again.facts
    assert not first.network.training
    for key, item in first.network.state_dict().items():
        torch.testing.assert_close(item, again.network.state_dict()[key], rtol=0, atol=0)
    for key, item in toy.pair.network.state_dict().items():
        torch.testing.assert_close(item, before[key], rtol=0, atol=0)
    changed = any(not torch.equal(item, before[key]) for key, item in first.network.state_dict().items())
    assert changed == (name != "source-only")


@pytest.mark.parametrize("name", NAMES)
def test_what_it_needs_is_told(name, toy):
    alone = replace(toy.pair, source=None)
    if OUTLINE_ADAPTATIONS.get(name).needs_source:
        with pytest.raises(UsageError, match="not at hand"):
            method(name).adapt(alone)
    else:
        method(name).adapt(alone)
    bare = replace(toy.pair, network=nn.Conv2d(1, 2, 1))
    if name in NEED_NORMS:
        with pytest.raises(UsageError, match="no BatchNorm"):
            method(name).adapt(bare)
    else:
        method(name).adapt(bare)


@pytest.mark.parametrize("name", sorted(set(NAMES) - NEED_NORMS - {"source-only"}))
def test_no_time_is_no_step(name, toy):
    found = method(name).adapt(replace(toy.pair, until=0.0))
    assert found.facts["steps"] == 0
    for key, item in found.network.state_dict().items():
        torch.testing.assert_close(item, toy.pair.network.state_dict()[key], rtol=0, atol=0)
