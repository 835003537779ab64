"""Margins by hand."""

from __future__ import annotations

import pytest
import torch

from medgraft.errors import UsageError
from medgraft.transfer.robustness.attacks.margin import dlr_loss, margin

LOGITS = torch.tensor([[3.0, 1.0, 2.0, 0.0], [1.0, 4.0, -1.0, 3.5]])


def test_the_margin_is_to_the_best_of_the_others():
    assert margin(LOGITS, torch.tensor([0, 3])).tolist() == [1.0, -0.5]
    assert margin(torch.tensor([[2.0, 5.0]]), torch.tensor([1])).tolist() == [3.0]


def test_dlr_by_hand_and_for_any_scale_and_shift():
    labels = torch.tensor([0, 3])
    expected = torch.tensor([-(3 - 2) / (3 - 1), -(3.5 - 4) / (4 - 1)])
    torch.testing.assert_close(dlr_loss(LOGITS, labels), expected)
    torch.testing.assert_close(dlr_loss(1000 * LOGITS - 7, labels), expected)


def test_dlr_has_a_gradient_where_the_log_loss_is_flat():
    logits = torch.tensor([[300.0, 0.0, -100.0]], requires_grad=True)
    (sure,) = torch.autograd.grad(torch.nn.functional.cross_entropy(logits, torch.tensor([0])), logits)
    (ratio,) = torch.autograd.grad(dlr_loss(logits, torch.tensor([0])).sum(), logits)
    assert sure.abs().max() == 0
    assert ratio.abs().max() > 0


def test_of_equal_logits_it_is_finite_and_of_two_classes_there_is_none():
    assert torch.isfinite(dlr_loss(torch.zeros(1, 3), torch.tensor([1]))).all()
    with pytest.raises(UsageError, match="three or more"):
        dlr_loss(torch.zeros(1, 2), torch.tensor([1]))
