"""Evidence and slopes in closed form are those of the gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.insight.explanation.linear_odds import LinearOdds, has_closed_form
from medgraft.insight.explanation.log_odds import log_odds
from medgraft.transfer.models.heads.grades import GradesHead
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.heads.shifted import ShiftedHead
from medgraft.transfer.models.heads.sigmoid import SigmoidHead

D, RNG = 7, np.random.default_rng(0)
WEIGHT, BIAS = RNG.normal(size=(3, D)).astype(np.float32), RNG.normal(size=3).astype(np.float32)
HEADS = {
    "two classes": LinearHead(WEIGHT[:2], BIAS[:2]),
    "rooted": LinearHead(WEIGHT, BIAS, rooted=True),
    "sigmoid": SigmoidHead(WEIGHT, BIAS, rooted=True),
    "shifted": ShiftedHead(LinearHead(WEIGHT, BIAS, rooted=True), np.array([0.5, -1.0, 0.0])),
}


@pytest.mark.parametrize("name", HEADS)
def test_equal_to_the_gradient(name):
    head = HEADS[name]
    features = np.random.default_rng(1).normal(size=(5, D)).astype(np.float32)
    features[2, 3] = 0.0
    rows = torch.from_numpy(features.astype(np.float64)).requires_grad_()
    odds = log_odds(head, rows)[:, 1]
    (slopes,) = torch.autograd.grad(odds.sum(), [rows])
    ours = LinearOdds(head)
    np.testing.assert_allclose(ours.evidence(features, 1), odds.detach().numpy(), atol=1e-6)
    np.testing.assert_allclose(ours.slopes(features, 1), slopes.numpy(), atol=1e-6)


def test_another_head_has_none():
    grades = GradesHead(WEIGHT, BIAS)
    assert not has_closed_form(grades)
    assert not has_closed_form(ShiftedHead(grades, np.zeros(4)))
    with pytest.raises(TypeError, match="'grades'"):
        LinearOdds(grades)
