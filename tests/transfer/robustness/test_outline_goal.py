"""The loss that attacks on outlines drive up, by hand."""

from __future__ import annotations

import numpy as np
import torch

from medgraft.transfer.robustness.outline_goal import OUTLINES, outline_loss


def test_cross_entropy_and_dice_of_each_picture_by_itself():
    torch.manual_seed(0)
    logits, labels = torch.randn(3, 3, 5, 4), torch.randint(0, 3, (3, 5, 4))
    chance = torch.softmax(logits, dim=1).numpy()
    wanted = []
    for each, truth in zip(chance, labels.numpy(), strict=True):
        entropy = -np.log(np.take_along_axis(each, truth[None], axis=0)).mean()
        pairs = [(each[number], truth == number) for number in (1, 2)]
        dice = [(2 * soft[there].sum() + 1) / (soft.sum() + there.sum() + 1) for soft, there in pairs]
        wanted.append(entropy + 1 - np.mean(dice))
    np.testing.assert_allclose(outline_loss(logits, labels), wanted, rtol=1e-5)


def test_no_answer_is_done_with_and_shapes_are_checked():
    logits = torch.zeros(2, 3, 4, 4)
    assert OUTLINES.right(logits, torch.zeros(2, 4, 4)).all()
    assert OUTLINES.fault(logits, torch.zeros(2, 4, 4)) is None
    assert "one size" in OUTLINES.fault(logits, torch.zeros(2, 4, 5))


def test_gradients_come_through():
    logits = torch.randn(1, 2, 4, 4, requires_grad=True)
    outline_loss(logits, torch.ones(1, 4, 4)).sum().backward()
    assert float(logits.grad[:, 1].max()) <= 0 <= float(logits.grad[:, 0].min())
