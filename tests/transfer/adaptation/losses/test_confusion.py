"""Class confusion by hand, in loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.transfer.adaptation.losses.confusion import class_confusion
from medgraft.transfer.models.heads.head import softmax


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_it_is_the_papers_formula(temperature):
    logits = np.random.default_rng(0).normal(size=(7, 3))
    answers = softmax(logits / temperature)
    entropy = -(answers * np.log(answers)).sum(axis=1)
    weights = 1 + np.exp(-entropy)
    weights = 7 * weights / weights.sum()
    together = np.zeros((3, 3))
    for i in range(7):
        for a in range(3):
            for b in range(3):
                together[a, b] += weights[i] * answers[i, a] * answers[i, b]
    shares = together / together.sum(axis=1, keepdims=True)
    wanted = sum(shares[a, b] for a in range(3) for b in range(3) if a != b) / 3
    assert float(class_confusion(torch.from_numpy(logits), temperature)) == pytest.approx(wanted)


def test_sure_answers_confuse_nothing_and_even_ones_everything():
    sure = torch.eye(3).double() * 100
    assert float(class_confusion(sure, 1.0)) == pytest.approx(0, abs=1e-10)
    assert float(class_confusion(torch.zeros(5, 3).double(), 1.0)) == pytest.approx(2 / 3)
