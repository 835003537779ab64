"""The head is the formula, and a row never depends on its neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import ArtifactError
from medgraft.transfer.models.heads.linear import LinearHead


def head(classes=3, features=5, seed=0):
    rng = np.random.default_rng(seed)
    return LinearHead(rng.normal(size=(classes, features)).astype(np.float32), np.arange(classes, dtype=np.float32))


def test_logits_are_the_formula():
    rows = np.random.default_rng(1).normal(size=(4, 5)).astype(np.float32)
    one = head()
    np.testing.assert_allclose(one.logits(rows), rows @ one.weight.T + one.bias, atol=1e-5)
    np.testing.assert_allclose(one.probabilities(rows).sum(axis=1), 1.0)


def test_a_row_does_not_depend_on_the_batch():
    rows = np.random.default_rng(2).normal(size=(33, 5)).astype(np.float32)
    one = head()
    alone = np.concatenate([one.logits(row[None]) for row in rows])
    np.testing.assert_array_equal(one.logits(rows), alone)


def test_folding_is_standardisation():
    rng = np.random.default_rng(3)
    rows, mean, scale = rng.normal(3, 2, size=(6, 5)), rng.normal(size=5), rng.uniform(1, 2, size=5)
    weight, bias = rng.normal(size=(3, 5)), rng.normal(size=3)
    folded = LinearHead.folded(weight, bias, mean, scale)
    np.testing.assert_allclose(folded.logits(rows), (rows - mean) / scale @ weight.T + bias, atol=1e-4)


def test_an_infinite_scale_folds_to_a_feature_that_is_not_read():
    folded = LinearHead.folded(np.ones((2, 3)), np.zeros(2), np.array([1.0, 2.0, 3.0]), np.array([1.0, np.inf, 2.0]))
    np.testing.assert_array_equal(folded.weight, [[1.0, 0.0, 0.5]] * 2)
    np.testing.assert_array_equal(folded.bias, [-2.5, -2.5])


def test_shapes_that_do_not_fit():
    with pytest.raises(ArtifactError, match="does not fit"):
        LinearHead(np.zeros((3, 5), np.float32), np.zeros(2, np.float32))
    with pytest.raises(ArtifactError, match="does not fit"):
        LinearHead(np.zeros(5, np.float32), np.zeros(1, np.float32))
    for shape in ((2, 4), (5,), (1, 2, 5)):
        with pytest.raises(ArtifactError, match="do not fit a head on 5"):
            head().logits(np.zeros(shape, np.float32))
    assert head().probabilities(np.zeros((0, 5), np.float32)).shape == (0, 3)


def test_a_rooted_head_reads_the_root():
    rows = np.random.default_rng(4).normal(size=(4, 5))
    plain = head()
    rooted = LinearHead(plain.weight, plain.bias, rooted=True)
    wanted = np.sign(rows) * (np.sqrt(np.abs(rows) + 1e-3) - np.sqrt(1e-3))
    np.testing.assert_allclose(rooted.logits(rows), plain.logits(wanted), atol=1e-12)
