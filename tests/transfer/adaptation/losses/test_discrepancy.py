"""Disagreement by hand, and who is pulled where."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.transfer.adaptation.losses.discrepancy import Disagreement, disagreement
from medgraft.transfer.adaptation.losses.loss import Layout, Seen
from medgraft.transfer.models.heads.head import softmax

RNG = np.random.default_rng(0)


def test_it_is_the_mean_absolute_difference():
    one, other = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3))
    wanted = np.abs(softmax(one) - softmax(other)).mean()
    assert float(disagreement(torch.from_numpy(one), torch.from_numpy(other))) == pytest.approx(wanted)


def test_classifiers_raise_it_and_features_lower_it():
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        loss, first = Disagreement(Layout(4, 3)), torch.nn.Linear(4, 3)
    source = torch.tensor(RNG.normal(size=(6, 4)), dtype=torch.float32)
    target = torch.tensor(RNG.normal(size=(8, 4)), dtype=torch.float32, requires_grad=True)
    labels = torch.arange(6) % 3
    seen = Seen(source, target, first(source), first(target), labels, labels, 0.5, first)
    value = loss(seen)
    second_loss = torch.nn.functional.cross_entropy(loss.second(source), labels)
    apart = disagreement(first(target), loss.second(target))
    assert float(value.detach()) == pytest.approx(float((second_loss - apart).detach()), rel=1e-5)
    value.backward()
    slopes = torch.autograd.grad(apart, [target, first.weight])
    torch.testing.assert_close(target.grad, slopes[0], rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(first.weight.grad, -slopes[1], rtol=1e-4, atol=1e-7)
