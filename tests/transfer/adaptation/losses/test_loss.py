"""The contract of losses: each registered one is a finite number that both sides' features have a gradient of."""

from __future__ import annotations

import pytest
import torch

from medgraft.transfer.adaptation.losses.catalogue import LOSSES
from medgraft.transfer.adaptation.losses.loss import DomainLoss, Layout, Seen

OPTIONS = {"mcc": {"temperature": 2.5}}


def seen(classifier, source, target, progress=0.5):
    return Seen(
        source,
        target,
        classifier(source),
        classifier(target),
        torch.arange(12) % 3,
        torch.arange(12) % 2,
        progress,
        classifier,
    )


@pytest.fixture
def parts():
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        source, target = torch.randn(12, 5).relu(), (torch.randn(9, 5) + 1).relu()
        yield torch.nn.Linear(5, 3), source.requires_grad_(True), target.requires_grad_(True)


@pytest.mark.parametrize("name", list(LOSSES))
def test_a_finite_scalar_with_gradients(name, parts):
    loss = LOSSES.get(name)(Layout(5, 3, 2), **OPTIONS.get(name, {}))
    assert isinstance(loss, DomainLoss)
    value = loss(seen(*parts))
    assert value.shape == ()
    value.backward()
    _, source, target = parts
    assert torch.isfinite(value)
    assert target.grad is not None
    assert torch.isfinite(target.grad).all()
    assert target.grad.abs().sum() > 0
    assert source.grad is None or torch.isfinite(source.grad).all()


@pytest.mark.parametrize("name", list(LOSSES))
def test_sides_that_are_equal_have_finite_gradients(name, parts):
    classifier, source, _ = parts
    loss = LOSSES.get(name)(Layout(5, 3, 2), **OPTIONS.get(name, {}))
    loss(seen(classifier, source, source)).backward()
    assert torch.isfinite(source.grad).all()


def test_the_base_is_no_loss(parts):
    with pytest.raises(NotImplementedError):
        DomainLoss(Layout(5, 3))(seen(*parts))
