"""One contract for every strategy in the registry: its name, its options, and what ``fit`` may and may not do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from medgraft.experiment import config
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.strategies.strategy import STRATEGIES, Material

BUILT_IN = [name for name in STRATEGIES if config]
TRAINED = [name for name in BUILT_IN if STRATEGIES.get(name).needs_network]
QUICK = {name: {"epochs": 2, "batch_size": 16} for name in TRAINED} | {"boosting": {"trees": 8, "axes": 8}}
"""Options that keep a strategy short; a new one runs on its defaults."""
CLASSES, CASES, A_GROUP, FEATURES = 3, 60, 2, 128
CLOCK = {"seconds", "minutes"}


class Net(nn.Module):
    """8 × 8 pixels, one channel, to more features than there are groups, so that a head can learn groups by heart."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(64, FEATURES)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.layer(pixels.flatten(1)))


class Stub:
    """The smallest backbone: one stage, seeded."""

    facts = BackboneFacts(
        "stub", "random", "random:1", FEATURES, 0, 8, (0,) * 3, (1,) * 3, "bilinear", "none", "-", "-"
    )

    def build(self, channels, state=None):
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(1)
            network = Net()
        if state is not None:
            network.load_state_dict({name: torch.from_numpy(np.array(item)) for name, item in state.items()})
        return network.eval()

    def stages(self, network):
        return [("layer", ["layer.weight", "layer.bias"])]

    def forgotten(self, seed):
        return self


class Joined(Stub):
    """The same, its features as those of two backbones side by side."""

    facts = replace(Stub.facts, parts=(replace(Stub.facts, feature_dim=48), replace(Stub.facts, feature_dim=80)))


def features_of(network, pixels):
    with torch.inference_mode():
        return network(torch.from_numpy(pixels)).numpy()


def material(folder, signal=0.5, noise=0.1):
    """Classes differ by ``signal`` times a pattern; what a group has of its own is 0.3 of another, the rest is noise.
    Every array is locked: a strategy that writes into its material fails."""
    rng = np.random.default_rng(0)
    groups = np.arange(CASES) // A_GROUP
    labels = rng.permutation(np.arange(CASES // A_GROUP) % CLASSES)[groups]
    images = 0.5 + noise * rng.normal(size=(CASES, 1, 8, 8)) + 0.3 * rng.normal(size=(CASES, 1, 8, 8))[groups]
    images += signal * rng.normal(size=(CLASSES, 1, 8, 8))[labels]
    pixels = np.clip(images, 0, 1).astype(np.float32)
    arrays = {
        "features": features_of(Stub().build(1), pixels),
        "labels": labels.astype(np.int64),
        "groups": groups.astype(np.int64),
        "is_val": groups % 4 == 3,
        "index": np.arange(CASES, dtype=np.int64)[::-1].copy(),
        "sites": np.array(["north", "south", ""])[groups // 2 % 3],
    }
    for array in arrays.values():
        array.setflags(write=False)
    return Material(
        **arrays,
        n_classes=CLASSES,
        pixels=lambda rows: pixels[rows],
        backbone=Stub(),
        modality="unknown",
        checkpoints=folder,
        teacher=lambda: np.eye(CLASSES)[labels] * 0.7 + 0.1,
    )


def fit(name, given):
    member = STRATEGIES.get(name)
    if getattr(member, "needs_parts", False):
        given = replace(given, backbone=Joined())
    return member(member.Config(**QUICK.get(name, {}))).fit(given)


def answers(result, features):
    return result.head.answers(Bags.single(features))


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only lose time on more threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module", params=BUILT_IN)
def done(request, tmp_path_factory, one_thread):
    """Name, material and result, fitted once for all tests that only look."""
    given = material(tmp_path_factory.mktemp("contract"))
    return request.param, given, fit(request.param, given)


@pytest.mark.parametrize("name", BUILT_IN)
def test_name_and_config_agree(name):
    member = STRATEGIES.get(name)
    assert member.name == name
    assert get_args(member.Config.model_fields["kind"].annotation) == (name,)
    assert member.Config().kind == name
    assert isinstance(member.needs_validation, bool)
    assert isinstance(member.needs_network, bool)
    assert member.__doc__


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_config_is_closed_frozen_and_described(name):
    model = STRATEGIES.get(name).Config
    with pytest.raises(ValidationError):
        model(no_such_field=1)
    with pytest.raises(ValidationError):
        model(kind="other")
    with pytest.raises(ValidationError):
        model().kind = "other"
    assert all(field.description for key, field in model.model_fields.items() if key != "kind")


def test_a_head_on_the_features_and_plain_facts(done):
    _, _, result = done
    assert result.head.shape == (CLASSES, FEATURES)
    assert result.head.gallery <= STRATEGIES.get(done[0]).keeps_gallery
    numbers = [item for name, item in result.head.tensors().items() if name != "scale"]
    assert all(np.isfinite(item).all() for item in numbers)
    assert result.history
    json.dumps([result.history, result.facts], allow_nan=False)


def test_the_head_gives_the_same_answer_in_any_batch(done):
    _, given, result = done
    features = features_of(given.backbone.build(1, result.backbone_state), given.pixels(np.arange(CASES)))
    whole = answers(result, features)
    order = np.random.default_rng(1).permutation(CASES)
    np.testing.assert_array_equal(answers(result, features[order]), whole[order])
    for size in (1, 7):
        parts = [answers(result, features[at : at + size]) for at in range(0, CASES, size)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_the_same_twice_whatever_was_drawn_before(done, tmp_path):
    name, given, first = done
    torch.rand(3)
    again = fit(name, replace(given, checkpoints=tmp_path))
    for key, value in first.head.tensors().items():
        np.testing.assert_array_equal(again.head.tensors()[key], value)
    assert (again.backbone_state or {}).keys() == (first.backbone_state or {}).keys()
    for key, value in (first.backbone_state or {}).items():
        np.testing.assert_array_equal(again.backbone_state[key], value)
    without_clock = [
        [{key: value for key, value in row.items() if key not in CLOCK} for row in [*result.history, result.facts]]
        for result in (first, again)
    ]
    assert without_clock[0] == without_clock[1]
    assert (again.out_of_fold is None) == (first.out_of_fold is None)
    if first.out_of_fold is not None:
        np.testing.assert_array_equal(again.out_of_fold.probability, first.out_of_fold.probability)
        np.testing.assert_array_equal(again.out_of_fold.fold, first.out_of_fold.fold)


def test_out_of_fold_predictions_are_whole_and_part_no_group(done):
    _, given, result = done
    if result.out_of_fold is None:
        return
    found = result.out_of_fold
    repeats, rows = len(found.fold), len(found.rows)
    assert found.probability.shape == (repeats, rows, CLASSES)
    assert len(np.unique(found.rows)) == rows
    assert set(found.rows) <= set(range(CASES))
    np.testing.assert_allclose(found.probability.sum(axis=2), 1.0)
    for fold in found.fold:
        assert len(np.unique(fold)) > 1
        for group in np.unique(given.groups):
            assert len(np.unique(fold[given.groups[found.rows] == group])) == 1


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_group_never_answers_for_itself(name, tmp_path):
    """Two equal cases a group and no signal: whoever trains on one and predicts the other is right every time."""
    given = material(tmp_path, signal=0.0, noise=0.0)
    result = fit(name, given)
    if result.out_of_fold is not None:
        answers = result.out_of_fold.probability.argmax(axis=2)
        assert (answers == given.labels[result.out_of_fold.rows]).mean() < 0.6


@pytest.mark.parametrize("name", [name for name in BUILT_IN if not STRATEGIES.get(name).needs_validation])
def test_validation_cases_are_not_needed(name, tmp_path):
    result = fit(name, replace(material(tmp_path), is_val=np.zeros(CASES, bool)))
    assert result.head.shape == (CLASSES, FEATURES)
