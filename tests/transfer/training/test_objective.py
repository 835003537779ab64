"""Losses against their formulas, and finite where logits are extreme."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from medgraft.transfer.training.objective import CrossEntropy, Distilled, Focal, LogitAdjusted

LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0], [-1.0, -1.0, 4.0]])
LABELS = torch.tensor([0, 2, 2])
ALL = [CrossEntropy(), CrossEntropy(0.2), Focal(), LogitAdjusted([-0.5, -1.5, -2.5])]


def test_cross_entropy_is_the_log_loss_and_smoothing_is_not_judged():
    plain = F.cross_entropy(LOGITS, LABELS, reduction="none")
    torch.testing.assert_close(CrossEntropy().loss(LOGITS, LABELS), plain)
    torch.testing.assert_close(CrossEntropy(0.3).judged(LOGITS, LABELS), plain)
    log_p = torch.log_softmax(LOGITS, dim=1)
    target = 0.7 * F.one_hot(LABELS, 3) + 0.1
    torch.testing.assert_close(CrossEntropy(0.3).loss(LOGITS, LABELS), -(target * log_p).sum(dim=1))


def test_focal_by_hand_and_with_gamma_0_the_log_loss():
    p = torch.softmax(LOGITS, dim=1)[torch.arange(3), LABELS]
    torch.testing.assert_close(Focal(2.0).loss(LOGITS, LABELS), -((1 - p) ** 2) * torch.log(p))
    torch.testing.assert_close(Focal(0.0).loss(LOGITS, LABELS), CrossEntropy().loss(LOGITS, LABELS))


def test_logit_adjustment_adds_the_log_prior():
    prior = [0.7, 0.2, 0.1]
    adjusted = LogitAdjusted(np.log(prior).tolist())
    expected = F.cross_entropy(LOGITS + torch.log(torch.tensor(prior)), LABELS, reduction="none")
    torch.testing.assert_close(adjusted.loss(LOGITS, LABELS), expected)
    torch.testing.assert_close(adjusted.judged(LOGITS, LABELS), expected)


def test_a_student_by_hand_and_its_judgement_is_the_labels():
    teacher = torch.tensor([[0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8]])
    soft = torch.sqrt(teacher) / torch.sqrt(teacher).sum(dim=1, keepdim=True)
    targets = torch.stack([F.one_hot(LABELS, 3).float(), soft], dim=1)
    q = torch.softmax(LOGITS / 2, dim=1)
    expected = 0.75 * F.cross_entropy(LOGITS, LABELS, reduction="none") + 0.25 * 4 * (soft * torch.log(soft / q)).sum(1)
    torch.testing.assert_close(Distilled(2.0, 0.25).loss(LOGITS, targets), expected)
    plain = F.cross_entropy(LOGITS, LABELS, reduction="none")
    torch.testing.assert_close(Distilled(2.0, 0.0).loss(LOGITS, targets), plain)
    torch.testing.assert_close(Distilled(2.0, 0.25).judged(LOGITS, LABELS), plain)


@pytest.mark.parametrize("objective", ALL, ids=lambda item: type(item).__name__)
def test_gradients_are_finite_for_extreme_logits(objective):
    logits = torch.tensor([[80.0, -80.0, 0.0], [-80.0, 80.0, 0.0], [0.0, 0.0, 0.0]], requires_grad=True)
    objective.loss(logits, torch.tensor([0, 0, 1])).sum().backward()
    assert torch.isfinite(logits.grad).all()
