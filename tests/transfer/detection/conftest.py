"""Bright squares and wide bars on noise, and a small network that can learn to find them in seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medgraft.data.outlines.boxes import Box, Boxes
from medgraft.home import Home
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.transfer.detection.material import DetectionMaterial
from medgraft.transfer.detection.plan import DetectionPlan
from medgraft.transfer.detection.settings import DetectionSettings
from medgraft.transfer.detection.training import FittedDetector, fit_detector

SIDE = 64
LABELS = ("bar", "square")


def scene(seed: int) -> tuple[np.ndarray, Boxes]:
    """One picture (1, 64, 64) in [0, 1] and its boxes: up to two things that do not touch."""
    rng = np.random.default_rng(seed)
    pixels = rng.normal(0.2, 0.04, (SIDE, SIDE))
    rows = []
    for half in range(2):
        if rng.random() < 0.15:
            continue
        bar = rng.random() < 0.5
        height, width = (9, 26) if bar else (16, 16)
        x0 = int(rng.integers(0, SIDE - width + 1))
        y0 = int(rng.integers(0, SIDE // 2 - height + 1)) + half * SIDE // 2
        pixels[y0 : y0 + height, x0 : x0 + width] += 0.6
        rows.append(Box(LABELS[0] if bar else LABELS[1], x0, y0, x0 + width, y0 + height))
    return np.clip(pixels, 0, 1)[None].astype(np.float32), Boxes(tuple(rows), (SIDE, SIDE))


@pytest.fixture(scope="session")
def scenes() -> tuple[np.ndarray, list[Boxes]]:
    """48 pictures and their boxes."""
    made = [scene(seed) for seed in range(48)]
    return np.stack([pixels for pixels, _ in made]), [boxes for _, boxes in made]


def cases(scenes: tuple[np.ndarray, list[Boxes]], folder: Path) -> DetectionMaterial:
    """24 cases to learn from, 12 for validation, 12 that nothing looks at."""
    pixels, boxes = scenes
    return DetectionMaterial(
        pixels=lambda rows: pixels[rows],
        boxes=boxes,
        shapes=[(SIDE, SIDE)] * len(boxes),
        train=np.arange(24),
        val=np.arange(24, 36),
        labels=LABELS,
        backbone=resolve_backbone("test_resnet", weights="random", home=Home(folder / "home")),
        channels=1,
        modality="unknown",
        checkpoints=folder / "checkpoints",
        identity="scenes",
    )


@pytest.fixture
def material(scenes, tmp_path) -> Callable[..., DetectionMaterial]:
    """``material(**changes)``: see ``cases``."""
    return lambda **changes: replace(cases(scenes, tmp_path), **changes)


@pytest.fixture(scope="session")
def plan() -> DetectionPlan:
    """For these pictures as they are."""
    return DetectionPlan(
        size=SIDE,
        fit="squash",
        strides=(8, 16),
        anchor_sizes=((12.0, 16.0, 20.0), (24.0, 32.0, 40.0)),
        aspects=(0.35, 1.0),
        reach=1.0,
        most=2,
        pictures=24,
        boxes={"bar": 20, "square": 20},
        typical={"bar": (26.0, 9.0), "square": (16.0, 16.0)},
    )


@pytest.fixture(scope="session")
def settings() -> Callable[..., DetectionSettings]:
    """Small and quick ones."""
    quick = {"strategy": "scratch", "width": 32, "convolutions": 1, "epochs": 12, "lr": 4e-3, "augment": False}
    return lambda **changes: DetectionSettings(**{**quick, "patience": 50, "ema": 0.9, **changes})


@pytest.fixture(scope="session")
def learnt(scenes, plan, settings, tmp_path_factory) -> FittedDetector:
    """What two epochs give: for tests of what is done with it."""
    return fit_detector(cases(scenes, tmp_path_factory.mktemp("learnt")), plan, settings(epochs=2))


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder for activations."""
    return tmp_path / "cache"
