"""A tiny registered backbone and a folder of pictures: embedding them takes milliseconds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage
from torch import nn

from medgraft.home import Home
from medgraft.source.backbones.custom import register_backbone
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.embed import Picture
from medgraft.source.embedding.engine import Job

_NUMBERS = itertools.count()


def tiny_network():
    """Convolution, ReLU, pooling: (N, 3, 32, 32) → (N, 8)."""
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def job(home):
    name = f"tiny-embedding-{next(_NUMBERS)}"
    register_backbone(name, tiny_network, size=32, mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.3))
    backbone = resolve_backbone(name, home=home)
    return Job(backbone, backbone.facts.checksum, 3, 32, home)


@pytest.fixture
def descriptor_job(home):
    backbone = resolve_backbone("classical", home=home).for_channels(3)
    return Job(backbone, backbone.facts.checksum, 3, 32, home)


@pytest.fixture
def pictures(tmp_path):
    """Six RGB pictures; ``sha256`` only has to be unique here."""
    found = []
    for number in range(6):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 36, 3), dtype=np.uint8)
        path = tmp_path / f"{number}.png"
        PillowImage.fromarray(pixels).save(path)
        found.append(Picture(path, "", f"digest-{number}"))
    return found


@pytest.fixture
def eager(job):
    """Features of eager PyTorch for prepared pixels (n, C, S, S)."""

    def features(pixels):
        with torch.inference_mode():
            return job.backbone.build(job.channels)(torch.from_numpy(pixels)).numpy()

    return features
