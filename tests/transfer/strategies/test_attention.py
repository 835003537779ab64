"""Attention finds the slice that carries the label, and nothing where there is nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.root import signed_root
from medgraft.transfer.strategies.attention import Attention, AttentionConfig
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.strategy import Material

SLICES, DIMENSION = 12, 24


def volumes(n=120, signal=6.0, classes=2, seed=0):
    """One slice of each case of class k > 0 is moved along a direction of that class; class 0 is plain. Slices differ
    by their place, as anatomy does."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % classes)
    rows = rng.normal(size=(n, SLICES, DIMENSION)) + 2 * rng.normal(size=(SLICES, DIMENSION))
    directions = rng.normal(size=(classes, DIMENSION)) / np.sqrt(DIMENSION)
    places = rng.integers(SLICES, size=n)
    carried = labels > 0
    rows[np.flatnonzero(carried), places[carried]] += signal * directions[labels[carried]]
    bags = Bags(rows.reshape(-1, DIMENSION).astype(np.float32), np.arange(0, n * SLICES + 1, SLICES))
    given = Material(
        features=bags.means(),
        slices=bags,
        labels=labels.astype(np.int64),
        groups=np.arange(n),
        is_val=np.zeros(n, bool),
        index=np.arange(n),
        n_classes=classes,
        pixels=lambda rows: pytest.fail("no pixels"),
        backbone=None,
        modality="unknown",
        checkpoints=Path("nowhere"),
    )
    return given, places


def fit(given, **config):
    return Attention(AttentionConfig(**config)).fit(given)


def test_it_finds_the_slice_where_the_mean_sees_little():
    given, _ = volumes()
    other, places = volumes(seed=0)
    done = fit(given, repeats=1)
    found = roc_auc_score(given.labels, done.out_of_fold.probability[0, :, 1])
    mean = LinearProbe(LinearProbeConfig(repeats=1)).fit(given).out_of_fold.probability[0, :, 1]
    assert found > 0.9
    assert found > roc_auc_score(given.labels, mean) + 0.05
    weights = done.head.attention(other.bags)[:, 1].reshape(-1, SLICES)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    positive = other.labels == 1
    assert (weights.argmax(axis=1) == places)[positive].mean() > 0.9


def test_random_labels_give_chance():
    found = []
    for seed in range(4):
        given, _ = volumes(n=80, signal=0.0, seed=seed)
        found.append(roc_auc_score(given.labels, fit(given, repeats=1).out_of_fold.probability[0, :, 1]))
    assert 0.35 < np.mean(found) < 0.65


def test_three_classes_each_listen_to_their_own_slice():
    given, places = volumes(n=180, classes=3, signal=8.0)
    head = fit(given, repeats=0).head
    assert (head.answers(given.bags).argmax(axis=1) == given.labels).mean() > 0.8
    weights = head.attention(given.bags).reshape(-1, SLICES, 3)
    for label in (1, 2):
        rows = given.labels == label
        assert (weights[rows, :, label].argmax(axis=1) == places[rows]).mean() > 0.8


def test_the_head_answers_as_it_was_trained():
    """Folded into raw features, the head's training answers equal those of the parts they were folded from, whatever
    the features' mean."""
    given, _ = volumes(n=60)
    moved = Bags(given.bags.rows + 3.0, given.bags.starts)
    given = replace(given, slices=moved, features=moved.means())
    head = fit(given, repeats=0).head
    rows = signed_root(moved.rows.astype(np.float64))
    evidence = rows @ head.weight.T.astype(np.float64)
    parts = evidence[:, 1].reshape(-1, SLICES)
    attention = np.exp(parts - parts.max(axis=1, keepdims=True))
    attention /= attention.sum(axis=1, keepdims=True)
    risk = 1 / (1 + np.exp(-((attention * parts).sum(axis=1) + head.bias[1] - head.bias[0])))
    np.testing.assert_allclose(head.answers(moved)[:, 1], risk, atol=1e-6)
    assert (risk[given.labels == 1].mean() - risk[given.labels == 0].mean()) > 0.2


def test_the_positive_class_may_be_the_first():
    given, _ = volumes()
    turned = replace(given, labels=1 - given.labels, positive=0)
    one, other = fit(given, repeats=0).head.answers(given.bags), fit(turned, repeats=0).head.answers(given.bags)
    np.testing.assert_allclose(one, other[:, ::-1], atol=1e-5)


def test_the_same_seed_gives_the_same_head():
    given, _ = volumes(n=60)
    one, other = fit(given, repeats=0), fit(given, repeats=0)
    np.testing.assert_array_equal(one.head.weight, other.head.weight)
    assert one.history == other.history
