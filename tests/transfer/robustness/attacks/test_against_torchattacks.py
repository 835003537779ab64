"""Beside an independent implementation: who is fooled, and how far, by the attacks of torchattacks.

It is no dependency: ``pip install --no-deps --target DIR torchattacks`` and DIR in ``PYTHONPATH`` run this.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.transfer.robustness.attacks.apgd import Apgd
from medgraft.transfer.robustness.attacks.attack import Batch, attacked
from medgraft.transfer.robustness.attacks.fgsm import Fgsm
from medgraft.transfer.robustness.attacks.pgd import Pgd
from medgraft.transfer.robustness.attacks.square import Square

torchattacks = pytest.importorskip("torchattacks", reason="torchattacks is not installed: no independent attacks")

EPSILONS = (4 / 255, 8 / 255, 16 / 255)
CASES = 160
POINT = 0.01


@pytest.fixture(scope="module")
def problem():
    """A small network that answers all pictures rightly, and loses some of them at every epsilon."""
    rng = np.random.default_rng(0)
    labels = torch.from_numpy(np.arange(CASES) % 2)
    tilt = np.linspace(-1, 1, 10)[None, :] * np.where(labels.numpy() == 1, 1, -1)[:, None]
    strength = rng.uniform(0.02, 0.2, CASES)[:, None, None, None]
    pixels = np.clip(0.5 + strength * tilt[:, None, None, :] + rng.normal(0, 0.03, (CASES, 1, 10, 10)), 0, 1)
    pixels = torch.from_numpy(pixels.astype(np.float32))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(150, 8), nn.Tanh(),
            nn.Linear(8, 2),
        )  # fmt: skip
        optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
        for _ in range(80):
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(pixels), labels).backward()
            optimiser.step()
    return network.eval().requires_grad_(False), Batch(pixels, labels, np.arange(CASES))


def theirs(attack, network, batch):
    with torch.random.fork_rng():
        worst = attack(batch.pixels, batch.labels).detach()
    return (network(worst).argmax(dim=1) == batch.labels) & (network(batch.pixels).argmax(dim=1) == batch.labels)


def ours(attack, network, batch, epsilon):
    return attacked(attack, network, batch, epsilon=epsilon).right


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_fgsm_fools_the_same_pictures(problem, epsilon):
    network, batch = problem
    other = theirs(torchattacks.FGSM(network, eps=epsilon), network, batch)
    assert torch.equal(ours(Fgsm(), network, batch, epsilon), other)
    assert 0 < other.float().mean() < 1


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("name", ["pgd", "apgd"])
def test_robust_accuracy_is_within_a_point(problem, name, epsilon):
    network, batch = problem
    attack, other = {
        "pgd": (Pgd(), torchattacks.PGD(network, eps=epsilon, alpha=epsilon / 4, steps=20)),
        "apgd": (Apgd(), torchattacks.APGD(network, eps=epsilon, steps=100, loss="ce")),
    }[name]
    right = ours(attack, network, batch, epsilon).float().mean()
    assert abs(float(right - theirs(other, network, batch).float().mean())) <= POINT
    assert 0 < right < 1


@pytest.mark.parametrize("epsilon", EPSILONS[:2])
def test_square_finds_no_less_and_no_more_than_there_is(problem, epsilon):
    """Theirs never puts a square onto the last row or column, so that ours may find more, and the gradient's attack
    finds most."""
    network, batch = problem
    right = ours(Square(queries=300), network, batch, epsilon).float().mean()
    other = theirs(torchattacks.Square(network, eps=epsilon, n_queries=300), network, batch).float().mean()
    assert right <= other + POINT
    assert right >= ours(Apgd(), network, batch, epsilon).float().mean() - POINT
