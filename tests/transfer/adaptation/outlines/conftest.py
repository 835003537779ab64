"""Discs on noise, outlined by a small network with BatchNorm, and the same under another contrast and brightness."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.transfer.adaptation.outlines.outline_adaptation import OutlinePair, OutlineSide
from medgraft.transfer.segmentation.plan import Plan
from medgraft.transfer.segmentation.prepared import Study
from medgraft.transfer.segmentation.shelf import Shelf

SIDE, CASES = 32, 12
PLAN = Plan(2, 0, None, SIDE, SIDE, (1, SIDE, SIDE), 1, 4, 1, (True, True, True))


def disc(seed: int, gain: float = 1.0, offset: float = 0.0) -> Study:
    """A bright disc on noise; grey values are ``gain`` times these, and ``offset`` more."""
    rng = np.random.default_rng(seed)
    pixels, labels = rng.normal(0.35, 0.04, (SIDE, SIDE)), np.zeros((SIDE, SIDE), np.uint8)
    radius = rng.uniform(5, 8)
    y, x = rng.uniform(radius, SIDE - radius, 2)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    inside = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
    pixels[inside] += 0.3
    labels[inside] = 1
    stored = np.clip(gain * pixels + offset, 0, 1).astype(np.float32)[None]
    return Study(Image(pixels=stored, low=0.0, high=1.0), labels)


def network() -> nn.Module:
    """Borders repeat, so that an affine change of grey values is one of every map, too."""
    torch.manual_seed(0)
    layers = []
    for before, after in ((1, 8), (8, 8)):
        convolution = nn.Conv2d(before, after, 3, padding=1, padding_mode="replicate")
        layers += [convolution, nn.BatchNorm2d(after, eps=1e-9), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(8, 2, 1))


def side(first: int, *, masks: bool, **change: float) -> OutlineSide:
    """Cases of one site."""

    def study(row: int) -> Study:
        found = disc(first + row, **change)
        return found if masks else replace(found, labels=None)

    return OutlineSide(Shelf(study, PLAN, Preprocessing(size=SIDE, channels=1)), tuple(range(CASES)))


@dataclass(frozen=True)
class Toy:
    """``pair``: of the source's network and a target of other grey values; ``plain``: the same target without."""

    pair: OutlinePair
    plain: OutlinePair

    def dice(self, model: nn.Module) -> float:
        """On the target."""
        both = total = 0
        for row in self.pair.target.rows:
            prepared = self.pair.target.shelf(row)
            with torch.no_grad():
                called = model.eval()(torch.from_numpy(prepared.pixels[:, 0])[None]).argmax(dim=1)[0].numpy()
            truth = disc(100 + row).labels
            both, total = both + (called & truth).sum(), total + called.sum() + truth.sum()
        return float(2 * both / total)


@pytest.fixture(scope="session")
def toy() -> Toy:
    """The network has learnt the source's discs."""
    source, model = side(0, masks=True), network()
    pixels = torch.from_numpy(np.stack([source.shelf(row).pixels[:, 0] for row in source.rows]))
    labels = torch.from_numpy(np.stack([source.shelf(row).labels[0] for row in source.rows]).astype(np.int64))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    model.train()
    for _ in range(120):
        optimiser.zero_grad()
        F.cross_entropy(model(pixels), labels).backward()
        optimiser.step()
    model.eval().requires_grad_(False)
    pairs = [
        OutlinePair(model, PLAN, 2, side(100, masks=False, **change), source)
        for change in ({"gain": 0.3, "offset": 0.5}, {})
    ]
    return Toy(*pairs)
