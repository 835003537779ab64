"""Discs on noise and balls in noise: outlines that can be learnt in seconds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.volume import Volume
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.transfer.segmentation.network import NetworkSpec, build_outliner
from medgraft.transfer.segmentation.plan import Plan
from medgraft.transfer.segmentation.prepared import Study


def disc(seed: int, side: int = 64) -> Study:
    """A bright disc (id 1) and a dark one (id 2) on noise."""
    rng = np.random.default_rng(seed)
    pixels = rng.normal(0.5, 0.03, (side, side))
    labels = np.zeros((side, side), np.uint8)
    rows, columns = np.mgrid[:side, :side]
    for number, (value, half) in enumerate(((0.9, 0), (0.1, 1)), start=1):
        radius = rng.uniform(0.12, 0.2) * side
        y, x = rng.uniform(radius, side - radius), rng.uniform(radius, side / 2 - radius) + half * side / 2
        inside = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
        pixels[inside], labels[inside] = value, number
    stored = (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)[None]
    return Study(Image(pixels=stored, low=0.0, high=255.0), labels)


def ball(seed: int, shape: tuple[int, int, int] = (16, 24, 20)) -> Study:
    """A bright ball (id 1) in a volume with spacing 2 × 1 × 1 mm whose stored axes are turned."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0.3, 0.05, shape).astype(np.float32)
    z, y, x = np.mgrid[: shape[0], : shape[1], : shape[2]]
    centre = [rng.uniform(0.4, 0.6) * side for side in shape]
    inside = (2 * (z - centre[0])) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2 < 6.0**2
    values[inside] += 0.5
    affine = np.array([[0, 0, -1.0, 5], [0, 1.0, 0, -3], [2.0, 0, 0, 1], [0, 0, 0, 1]])
    return Study(Volume(values[None], affine, 0.0, 1.0), inside.astype(np.uint8))


def flat_plan(**changes: Any) -> Plan:
    """Of whole pictures of 64 pixels."""
    plain = {
        "dims": 2,
        "axis": 0,
        "spacing": None,
        "limit": 64,
        "smallest": 64,
        "patch": (1, 64, 64),
        "planes": 1,
        "batch": 4,
        "patches": 1,
        "mirror": (True, True, True),
    }
    return Plan(**{**plain, **changes})


def deep_plan(**changes: Any) -> Plan:
    """Of volumes like ``ball``, as they are."""
    plain = {
        "dims": 3,
        "axis": 0,
        "spacing": (2.0, 1.0, 1.0),
        "limit": 4096,
        "smallest": 64,
        "patch": (16, 24, 24),
        "planes": 1,
        "batch": 2,
        "patches": 1,
    }
    return Plan(**{**plain, **changes})


@pytest.fixture(scope="session")
def made():
    """Makers of cases and plans."""
    grey = Preprocessing(size=64, channels=1)
    return SimpleNamespace(disc=disc, ball=ball, flat_plan=flat_plan, deep_plan=deep_plan, grey=grey)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory):
    """A backbone with random weights."""
    from medgraft.home import Home

    home = Home.find(tmp_path_factory.mktemp("home"))
    return resolve_backbone("tf_efficientnet_lite0", weights="random", home=home, seed=0)


@pytest.fixture
def flat_network(encoder):
    """Encoder and decoder for ``disc``."""
    pytest.importorskip("segmentation_models_pytorch")
    return build_outliner(NetworkSpec(1, 3, "unet", 8, 0), flat_plan(), encoder)


@pytest.fixture
def deep_network():
    """A U-Net of volumes for ``ball``."""
    pytest.importorskip("monai")
    return build_outliner(NetworkSpec(1, 2, "unet", 4, 0), deep_plan(), None)
