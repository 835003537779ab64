"""Attacks on outlines: exact for a network that looks at one pixel, through windows and mirror images, monotone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.volume import Volume
from medgraft.errors import UsageError
from medgraft.transfer.robustness.attacks.fgsm import Fgsm
from medgraft.transfer.robustness.attacks.pgd import Pgd
from medgraft.transfer.robustness.corruptions.catalogue import CORRUPTIONS
from medgraft.transfer.robustness.robust_outlines import OutlineTrial, attacked_dice, corrupted_dice
from medgraft.transfer.segmentation.outliner import Outliner
from medgraft.transfer.segmentation.plan import Plan
from medgraft.transfer.segmentation.prepared import Study

pytest.importorskip("monai")
SIDE, CUT = 32, 0.5
EPSILONS = (0.02, 0.05, 0.1)


class Threshold(nn.Module):
    """A pixel is the structure where it is brighter than ``CUT``."""

    def forward(self, pixels):
        bright = 20 * (pixels[:, :1] - CUT)
        return torch.cat([-bright, bright], dim=1)


@pytest.fixture
def study():
    """A disc whose pixels differ from the cut by up to 0.15."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    inside = (rows - 15) ** 2 + (columns - 13) ** 2 < 64
    pixels = CUT + np.where(inside, 1, -1) * rng.uniform(0.001, 0.15, (SIDE, SIDE))
    return Study(Image(pixels=pixels.astype(np.float32)[None], low=0.0, high=1.0), inside.astype(np.uint8))


def trial(patch=SIDE, *, flips=False):
    plan = Plan(2, 0, None, SIDE, SIDE, (1, patch, patch), 1, 4, 1)
    outliner = Outliner(Threshold(), plan, Preprocessing(size=SIDE, channels=1), overlap=0.5, flips=flips)
    return OutlineTrial(outliner, {1: "disc"})


def by_hand(study, epsilon):
    """Every pixel moves across the cut as far as it may."""
    pixels, truth = study.content.pixels[0], study.labels.astype(bool)
    called = np.where(truth, pixels - epsilon, pixels + epsilon) > CUT
    return 2 * (called & truth).sum() / (called.sum() + truth.sum())


@pytest.mark.parametrize(("patch", "flips"), [(32, False), (32, True), (16, False)])
def test_fgsm_is_exact_through_all_that_answers(study, patch, flips):
    clean, found = attacked_dice(trial(patch, flips=flips), study, 0, {"fgsm": Fgsm()}, EPSILONS)
    assert clean.tolist() == [1.0]
    np.testing.assert_allclose(found["fgsm"][:, 0], [by_hand(study, one) for one in EPSILONS], atol=0.01)


def test_pgd_is_no_weaker_and_more_is_never_better(study):
    _, found = attacked_dice(trial(), study, 0, {"fgsm": Fgsm(), "pgd": Pgd(steps=8)}, EPSILONS)
    assert (np.diff(found["pgd"][:, 0]) <= 0).all()
    np.testing.assert_allclose(found["pgd"], found["fgsm"], atol=0.01)
    _, none = attacked_dice(trial(), study, 0, {"fgsm": Fgsm()}, (0.0,))
    assert none["fgsm"].tolist() == [[1.0]]


def test_gradients_through_windows_are_those_of_the_network():
    """One window that is all of the picture adds nothing of its own."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1)).eval()
    outliner = replace(trial().outliner, network=network)
    slopes = []
    for answer in (outliner.chances, lambda pixels: torch.softmax(network(pixels), dim=1)):
        pixels = torch.linspace(0, 1, SIDE * SIDE).reshape(1, 1, SIDE, SIDE).requires_grad_(True)
        (slope,) = torch.autograd.grad(answer(pixels)[:, 1].square().sum(), pixels)
        slopes.append(slope)
    torch.testing.assert_close(*slopes, rtol=1e-4, atol=1e-6)


def test_worse_pictures(study):
    assert {"brightness-up", "gaussian-noise"} <= set(CORRUPTIONS)
    clean, found = corrupted_dice(trial(), study, 0, ["brightness-up", "gaussian-noise"])
    assert clean.tolist() == [1.0] and found["brightness-up"].shape == (5, 1)
    assert found["brightness-up"][-1, 0] < 0.9
    again = corrupted_dice(trial(), study, 0, ["gaussian-noise"])[1]
    np.testing.assert_array_equal(found["gaussian-noise"], again["gaussian-noise"])


def test_volumes_are_refused():
    volume = Study(Volume(np.zeros((1, 4, 8, 8), np.float32), np.eye(4), 0.0, 1.0), np.zeros((4, 8, 8), np.uint8))
    with pytest.raises(UsageError, match="volumes"):
        trial().prepared(volume)
