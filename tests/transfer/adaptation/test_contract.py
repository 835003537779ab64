"""One contract for every adaptation in the registry."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from medgraft.errors import UsageError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.adaptation.acquisition import Step
from medgraft.transfer.adaptation.adaptation import Need
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.stand_in import StandIn
from medgraft.transfer.models.heads.catalogue import HEADS
from medgraft.transfer.models.heads.gallery import GalleryHead

BUILT_IN = list(ADAPTATIONS)
DEEP = [name for name in BUILT_IN if "steps" in ADAPTATIONS.get(name).Config.model_fields]
QUICK = {name: {"hidden": 16, "steps": 12, "batch_size": 32, "runs": 1} for name in DEEP}
LIKE_SOURCE_ONLY = {
    "source-only": 0.0,
    "pooled-labels": 2e-3,
    "source-combine": 2e-3,
    "acquisition-matching": 2e-2,
    "standardise": 2e-3,
    "coral": 2e-3,
    "linear-optimal-transport": 2e-3,
    "subspace-alignment": 2e-3,
    "importance-weighting": 2e-2,
    "label-shift": 2e-3,
}
"""How far probabilities may be from the source's where both sides are the same cases."""
HELPS = {
    **dict.fromkeys(("standardise", "coral", "linear-optimal-transport", "subspace-alignment"), "moved"),
    **dict.fromkeys(("optimal-transport", "pseudo-labels", "shot"), "moved"),
    **dict.fromkeys(("deep-coral", "dan", "jan", "dann", "cdan", "mcd", "mcc"), "loud-cue"),
    **dict.fromkeys(("m3sda", "dann-multi"), "loud-cue-sites"),
    "weighted-sources": "several-sites",
    "importance-weighting": "other-region",
    "acquisition-matching": "blinded",
    "label-shift": "other-shares",
}
"""The toy whose shift a method is for."""
BASELINES = {"source-only", "pooled-labels", "source-combine"}
ON_NETWORKS = {"adabn", "tent"}


def method(name, **options):
    member = ADAPTATIONS.get(name)
    plain = {"root": False} if "root" in member.Config.model_fields else {}
    return member(member.Config(**{**plain, **QUICK.get(name, {}), **options}))


@pytest.fixture
def given(scanners):
    """A pair with everything that a method may need; its arrays are locked."""
    pair = scanners(0)[0].pair
    stand_in = StandIn(pair.source.features.copy(), (Step("jpeg", 1),), 0.1, 0.02)
    sites = np.array(["a", "b"])[np.arange(120) % 2]
    pair = replace(pair, source=replace(pair.source, sites=sites), stand_in=stand_in)
    for array in (pair.source.features, pair.source.labels, pair.source.groups, pair.target.features):
        array.setflags(write=False)
    return pair


@pytest.fixture
def few(given):
    """The same with twelve labels of the target, the wrong way round, so that they must show."""
    labels = np.where(np.arange(120) % 10 == 0, 1 - given.before.argmax(axis=1), -1)
    return replace(given, target=replace(given.target, labels=labels))


@pytest.mark.parametrize("name", BUILT_IN)
def test_name_config_and_card(name):
    member = ADAPTATIONS.get(name)
    assert member.name == name
    assert get_args(member.Config.model_fields["kind"].annotation) == (name,)
    assert member.Config().kind == name
    assert member.needs <= set(get_args(Need))
    assert isinstance(member.uses_labels, bool)
    assert isinstance(member.same_shares, bool)
    assert member.paper
    assert member.cost
    assert member.__doc__


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_config_is_closed_frozen_and_described(name):
    model = ADAPTATIONS.get(name).Config
    with pytest.raises(ValidationError):
        model(no_such_field=1)
    with pytest.raises(ValidationError):
        model(kind="other")
    with pytest.raises(ValidationError):
        model().kind = "other"
    assert all(field.description for key, field in model.model_fields.items() if key != "kind")


@pytest.mark.parametrize("name", BUILT_IN)
def test_it_gives_plain_data_twice_the_same_and_keeps_its_hands_off(name, given):
    first = method(name).adapt(given)
    torch.rand(3)
    again = method(name).adapt(given)
    assert first.head.shape == (2, 6)
    assert first.probability.shape == (120, 2)
    np.testing.assert_allclose(first.probability.sum(axis=1), 1)
    json.dumps([first.history, first.facts], allow_nan=False)
    assert first.collapsed is None or isinstance(first.collapsed, str)
    np.testing.assert_array_equal(first.probability, again.probability)
    for key, value in first.head.tensors().items():
        np.testing.assert_array_equal(again.head.tensors()[key], value)
    assert (first.history, first.facts) == (again.history, again.facts)
    assert (first.backbone_state is not None) == (name in ("adabn", "tent"))
    for key, value in (first.backbone_state or {}).items():
        np.testing.assert_array_equal(again.backbone_state[key], value)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_head_answers_in_any_batch_and_comes_back_from_its_parts(name, given):
    done = method(name).adapt(given)
    features = given.target.features
    whole = done.head.answers(Bags.single(features))
    if done.backbone_state is None:
        np.testing.assert_array_equal(whole, done.probability)
    parts = [done.head.answers(Bags.single(features[at : at + 7])) for at in range(0, 120, 7)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    facts = json.loads(json.dumps(done.head.facts(), allow_nan=False))
    again = HEADS.get(done.head.kind).restore(done.head.tensors(), facts)
    np.testing.assert_array_equal(again.answers(Bags.single(features)), whole)
    assert not done.head.gallery


@pytest.mark.parametrize("name", BUILT_IN)
def test_unknown_labels_are_not_seen_and_known_ones_are(name, given, few):
    nothing = method(name).adapt(given)
    unknown = replace(given, target=replace(given.target, labels=np.full(120, -1)))
    np.testing.assert_array_equal(method(name).adapt(unknown).probability, nothing.probability)
    same = np.array_equal(method(name).adapt(few).probability, nothing.probability)
    assert same != ADAPTATIONS.get(name).uses_labels


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_it_needs_is_what_it_says(name, given):
    needs = ADAPTATIONS.get(name).needs
    rows = np.eye(6, dtype=np.float32)
    gallery = GalleryHead(rows, np.arange(6) % 2, rows[0] * 0, rows[0] * 0 + 1, np.zeros(2), 1.0, 1, False)
    without = {
        "source features": replace(given, source=None),
        "stand-in": replace(given, stand_in=None),
        "source sites": replace(given, source=replace(given.source, sites=None)),
        "network": replace(given, network=None),
        "linear head": replace(given, head=gallery),
    }
    for need, pair in without.items():
        if need in needs or (need == "source features" and "source sites" in needs):
            with pytest.raises(UsageError, match="adapting"):
                method(name).adapt(pair)
        elif not (name == "label-shift" and need == "linear head"):  # which refuses a gallery for another reason
            assert method(name).adapt(pair).probability.shape == (120, 2)


@pytest.mark.parametrize("name", LIKE_SOURCE_ONLY)
def test_nothing_happens_where_both_sides_are_alike(name, given):
    target = replace(given.target, features=given.source.features, groups=given.source.groups)
    alike = replace(given, target=target)
    found = method(name).adapt(alike).probability
    np.testing.assert_allclose(found, alike.before, atol=LIKE_SOURCE_ONLY[name] + 1e-12)


def test_every_method_has_a_toy_on_which_it_helps():
    assert set(BUILT_IN) == {*HELPS, *BASELINES, *ON_NETWORKS}


@pytest.mark.slow
@pytest.mark.parametrize("name", HELPS)
def test_it_beats_source_only_over_ten_seeds(gains, name):
    whole = (
        {key: ADAPTATIONS.get(name).Config.model_fields[key].default for key in ("hidden", "steps", "lr")}
        if name in DEEP
        else {}
    )
    before, after = gains(name, HELPS[name], range(10), **whole).T
    assert after.mean() > before.mean() + 0.01
    assert (after > before).sum() >= 9


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ON_NETWORKS))
def test_it_beats_source_only_over_ten_scanners(scanners, name):
    for seed in range(10):
        toy, _ = scanners(seed)
        assert toy.accuracy(method(name).adapt(toy.pair).probability) > toy.accuracy(toy.pair.before)
