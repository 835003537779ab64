"""The head of several labels: each chance is the logistic function of its own score."""

from __future__ import annotations

import numpy as np

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.sigmoid import SigmoidHead


def test_chances_are_independent():
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(3, 4)).astype(np.float32), np.array([0, 1, -800], np.float32)
    rows = rng.normal(size=(5, 4)).astype(np.float32)
    head = SigmoidHead(weight, bias)
    scores = rows.astype(np.float64) @ weight.T.astype(np.float64) + bias
    answers = head.answers(Bags.single(rows))
    np.testing.assert_allclose(answers[:, :2], 1 / (1 + np.exp(-scores[:, :2])))
    assert (answers[:, 2] < 1e-300).all()
    alone = SigmoidHead(weight[:1], bias[:1]).answers(Bags.single(rows))
    np.testing.assert_array_equal(alone[:, 0], answers[:, 0])


def test_standardisation_is_folded_in():
    rng = np.random.default_rng(1)
    weight, rows, mean, scale = rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), rng.normal(size=3), np.arange(1.0, 4)
    head = SigmoidHead.folded(weight, np.zeros(2), mean, scale)
    assert isinstance(head, SigmoidHead)
    np.testing.assert_allclose(head.logits(rows), ((rows - mean) / scale) @ weight.T, atol=1e-5)
