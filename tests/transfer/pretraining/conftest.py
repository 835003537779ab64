"""A small network and pictures whose class is planted: stripes or none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.transfer.pretraining.pretext import Given

LABELS = np.arange(56) % 2
IMAGES = np.random.default_rng(0).random((56, 1, 32, 32), dtype=np.float32)
IMAGES[LABELS == 1, :, ::4] *= 0.2


@pytest.fixture(scope="session")
def tiny(medgraft_home):
    """A backbone of half a million random weights."""
    return resolve_backbone("test_resnet", weights="random", home=Home(medgraft_home)).pooled()


@pytest.fixture
def given(tiny, tmp_path):
    """``given(**changes)``."""
    whole = Given(
        backbone=tiny,
        pixels=lambda rows: IMAGES[rows],
        modality=["unknown"] * 56,
        is_val=np.arange(56) >= 40,
        labels=LABELS,
        n_classes=2,
        from_random=True,
        checkpoints=tmp_path / "checkpoints",
        fingerprint="f",
    )

    def make(**changes):
        return replace(whole, **{"progress": Progress(), **changes})

    return make
