"""The loop of the deep methods: what it learns, what it is told, and when it stops."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import torch

from medgraft.errors import UsageError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.adaptation.domain_training import Bottleneck, Course, train_across
from medgraft.transfer.adaptation.losses.loss import DomainLoss

COURSE = Course(32, 120, 64, 1e-2, 0.01, 0.1, 1.0, root=False, target_weight=10.0)


class Nothing(DomainLoss):
    """Pulls at nothing, and remembers what it saw."""

    seen: ClassVar[list] = []

    def forward(self, seen):
        self.seen.append(seen)
        torch.testing.assert_close(seen.classify(seen.source), seen.source_logits)
        return seen.source.sum() * 0


class Infinite(DomainLoss):
    """Diverges at once."""

    def forward(self, seen):
        return seen.source.sum() * float("inf")


@pytest.fixture(autouse=True)
def nothing_seen():
    Nothing.seen.clear()


def test_without_a_pull_it_learns_the_source(toys):
    toy = toys("moved", 0)
    done = train_across(Nothing, COURSE, toy.pair)
    source = done.head.answers(Bags.single(toy.pair.source.features))
    assert np.mean(source.argmax(axis=1) == toy.pair.source.labels) > 0.95
    assert done.history[-1]["log_loss"] < 0.5 * done.history[0]["log_loss"]
    assert done.facts["steps"] == 120


def test_the_head_is_the_network(toys):
    toy = toys("moved", 0)
    done = train_across(Nothing, COURSE, toy.pair)
    network = Bottleneck(8, 32, 2)
    names = {"hidden.weight": "hidden_weight", "hidden.bias": "hidden_bias"}
    names |= {"classifier.weight": "weight", "classifier.bias": "bias"}
    network.load_state_dict({key: torch.from_numpy(getattr(done.head, name)) for key, name in names.items()})
    rows = torch.from_numpy(((toy.pair.target.features - done.head.mean) / done.head.scale).astype(np.float32))
    with torch.inference_mode():
        wanted = torch.softmax(network.classify(network(rows)), dim=1).numpy()
    np.testing.assert_allclose(done.probability, wanted, atol=1e-5)


def test_the_loss_sees_both_sides_and_the_progress(toys):
    toy = toys("several-sites", 0)
    train_across(Nothing, COURSE, toy.pair, toy.pair.source.sites)
    first = Nothing.seen[0]
    assert first.source.shape == first.target.shape == (64, 32)
    assert first.source_logits.shape == (64, 2)
    assert set(first.sites.tolist()) == {0, 1, 2}
    assert (first.source >= 0).all()
    progress = [seen.progress for seen in Nothing.seen]
    np.testing.assert_allclose(progress, np.arange(120) / 120)


def test_columns_are_standardised_by_both_sides_alike(toys):
    toy = toys("moved", 0)
    head = train_across(Nothing, replace(COURSE, steps=1), toy.pair).head
    both = np.concatenate([toy.pair.source.features, toy.pair.target.features]).astype(np.float64)  # as many of each
    np.testing.assert_allclose(head.mean, both.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(head.scale, both.std(axis=0), rtol=1e-5)


def test_known_labels_of_the_target_are_learnt(toys):
    toy = toys("moved", 0)
    plain = toy.accuracy(train_across(Nothing, COURSE, toy.pair).probability)
    labels = np.where(np.arange(200) % 4 == 0, toy.truth, -1)
    told = replace(toy.pair, target=replace(toy.pair.target, labels=labels))
    assert toy.accuracy(train_across(Nothing, COURSE, told).probability) > plain + 0.05


def test_it_stops_in_time_and_where_it_diverges(toys):
    pair = toys("moved", 0).pair
    done = train_across(Nothing, COURSE, replace(pair, until=time.monotonic() - 1))
    assert (done.facts["steps"], done.history) == (0, [])
    with pytest.raises(UsageError, match="diverged"):
        train_across(Infinite, COURSE, pair)
