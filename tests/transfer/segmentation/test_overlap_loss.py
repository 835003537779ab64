"""Dice and cross-entropy against a computation by hand."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from medgraft.transfer.segmentation.overlap_loss import DiceAndCrossEntropy, Outlining, case_dice


class Given(nn.Module):
    """The logits that it was given, whatever it sees."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def forward(self, pixels):
        return self.logits


def example(unknown=True):
    rng = np.random.default_rng(0)
    logits = torch.from_numpy(rng.normal(size=(3, 3, 5, 6)).astype(np.float32))
    labels = torch.from_numpy(rng.integers(0, 3, (3, 5, 6)))
    if unknown:
        labels[0, :2] = 255
    return logits, labels


def test_the_loss_is_cross_entropy_plus_one_minus_dice_of_the_batch():
    logits, labels = example()
    rows = Outlining(Given(logits))(torch.zeros(3, 1, 5, 6), labels.float())
    known = labels != 255
    chance = torch.softmax(logits, dim=1)
    dice = []
    for number in (1, 2):
        there, soft = (labels == number).float(), chance[:, number] * known
        dice.append((2 * (there * soft).sum() + 1) / (there.sum() + soft.sum() + 1))
    each = F.cross_entropy(logits, labels.clamp(max=2) * known, reduction="none")
    entropy = torch.stack([each[one][known[one]].mean() for one in range(3)])
    wanted = entropy + 1 - torch.stack(dice).mean()
    assert torch.allclose(DiceAndCrossEntropy().loss(rows, labels), wanted, atol=1e-6)


def test_the_gradient_goes_through():
    logits, labels = example()
    logits = logits.double().requires_grad_(True)

    def loss(given):
        network = Outlining(Given(given))
        network.double()
        return DiceAndCrossEntropy().loss(network(torch.zeros(3, 1, 5, 6), labels.float()), labels).sum()

    loss(logits).backward()
    assert torch.isfinite(logits.grad).all() and logits.grad.abs().sum() > 0
    assert torch.all(logits.grad[0, :, :2] == 0)  # nothing is learnt where nothing is known


def test_val_dice_is_of_cases_not_of_patches():
    logits, labels = example(unknown=False)
    rows = Outlining(Given(logits))(torch.zeros(3, 1, 5, 6), labels.float())
    answers = DiceAndCrossEntropy().answers(rows).double().numpy()
    called = logits.argmax(dim=1).numpy()
    by_case = []
    for members in ([0, 2], [1]):
        for number in (1, 2):
            true, found = (labels.numpy()[members] == number), (called[members] == number)
            by_case.append(2 * (true & found).sum() / (true.sum() + found.sum()))
    found = case_dice(answers, np.array([7, 3, 7]))
    assert found == {"val_dice": pytest.approx(np.mean(by_case))}


def test_both_empty_is_right():
    assert case_dice(np.zeros((1, 1, 3)), np.array([0])) == {"val_dice": 1.0}


@pytest.mark.parametrize("shape", [(6, 6), (4, 6, 6)])
def test_pixels_beside_a_boundary_count_more(shape):
    labels = torch.zeros((1, *shape))
    labels[..., :3] = 1
    logits = torch.zeros((1, 2, *shape))
    logits[:, 0] = 1.0  # says background everywhere: wrong on the left half
    plain = Outlining(Given(logits))(torch.zeros(1), labels)[0, 0]
    near = Outlining(Given(logits), boundary=4.0)(torch.zeros(1), labels)[0, 0]
    each = F.cross_entropy(logits, labels.long(), reduction="none")
    weight = torch.ones_like(each)
    weight[..., 2:4] = 5.0
    assert plain == pytest.approx(float(each.mean())) and near == pytest.approx(
        float((each * weight).sum() / weight.sum())
    )
