"""APGD against the optimum, against PGD, and where the log-loss is blind."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.transfer.robustness.attacks.apgd import Apgd
from medgraft.transfer.robustness.attacks.attack import Batch, attacked, log_loss
from medgraft.transfer.robustness.attacks.pgd import Pgd


def random_network():
    """Three classes, the first of them always ahead, so that losses can be compared and nobody is done with."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(1)
        layers = [nn.Conv2d(2, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(256, 3)]
        net = nn.Sequential(*layers)
        net = net.double()
    return lambda pixels: 4 * net(pixels.double() * 8 - 4) + torch.tensor([9.0, 0.0, 0.0])


PIXELS = torch.from_numpy(np.random.default_rng(0).random((24, 2, 8, 8), dtype=np.float32))
FIRST = Batch(PIXELS, torch.zeros(24, dtype=torch.long), np.arange(24))


@pytest.mark.parametrize("loss", ["cross-entropy", "dlr"])
def test_on_a_linear_model_it_reaches_the_worst_picture(linear, loss):
    """Of two classes, so that DLR becomes the log-loss."""
    batch = Batch(linear.pixels, linear.labels, np.arange(12))
    found = attacked(Apgd(steps=10, loss=loss), linear.model, batch, epsilon=0.0002)
    torch.testing.assert_close(found.pixels, linear.worst(0.0002), rtol=0, atol=1e-7)
    fooled = attacked(Apgd(steps=10, loss=loss), linear.model, batch, epsilon=0.05)
    assert fooled.right.tolist() == (linear.lead > linear.most(0.05)).tolist()


def test_it_finds_higher_losses_than_pgd():
    def losses(attack):
        net = random_network()
        found = attacked(attack, net, FIRST, epsilon=0.1)
        assert found.right.all()
        with torch.no_grad():
            return log_loss(net(found.pixels), FIRST.labels).numpy()

    strong, weak = losses(Apgd()), losses(Pgd())
    assert strong.mean() > weak.mean()
    assert (strong >= weak - 1e-4).mean() > 0.7


def test_the_dlr_loss_sees_where_the_log_loss_is_blind():
    """Logits a thousand times as large: the log-loss of a right answer is 0, and so is its gradient."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(2)
        net = nn.Sequential(nn.Flatten(), nn.Linear(128, 4))

    def sure(pixels):
        return 10_000 * net(pixels)

    with torch.no_grad():
        labels = sure(PIXELS).argmax(dim=1)
        assert log_loss(sure(PIXELS), labels).max() == 0
    batch = Batch(PIXELS, labels, np.arange(24))
    survivors = {
        loss: int(attacked(Apgd(steps=20, loss=loss), sure, batch, epsilon=0.1).right.sum())
        for loss in ("cross-entropy", "dlr")
    }
    assert survivors["dlr"] < survivors["cross-entropy"]


def test_against_an_independent_implementation():
    """The toolbox's own APGD on a network, by who is fooled; a case or two may differ, both search at random."""
    pytest.importorskip("art", reason="adversarial-robustness-toolbox is not installed")
    from art.attacks.evasion import AutoProjectedGradientDescent
    from art.estimators.classification import PyTorchClassifier

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(4)
        net = nn.Sequential(nn.Conv2d(2, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 3)).eval()
    with torch.no_grad():
        labels = net(PIXELS).argmax(dim=1)
    wrapped = PyTorchClassifier(net, nn.CrossEntropyLoss(), (2, 8, 8), 3, clip_values=(0.0, 1.0), device_type="cpu")
    theirs = AutoProjectedGradientDescent(
        wrapped, norm=np.inf, eps=0.02, eps_step=0.04, max_iter=100, nb_random_init=1, batch_size=24, verbose=False
    ).generate(PIXELS.numpy(), labels.numpy())
    with torch.no_grad():
        fooled = (net(torch.from_numpy(theirs)).argmax(dim=1) != labels).numpy()
    ours = ~attacked(Apgd(), net, Batch(PIXELS, labels, np.arange(24)), epsilon=0.02).right.numpy()
    assert 0 < ours.sum() < 24
    assert (fooled != ours).sum() <= 1
