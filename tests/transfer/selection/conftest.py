"""A cohort whose signal is planted, and strategies that read as much of it as they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict, Field

from medgraft.errors import DataError
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.selection.trial import Source
from medgraft.transfer.strategies import per_site, stacked  # noqa: F401  they register themselves
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred

CASES, A_GROUP = 120, 2


class Clock:
    """A clock that only work moves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


CLOCK = Clock()
FITTED: list[tuple[str, Material]] = []
"""Every fit: the strategy's name and what it was given."""


class PlantedConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: str = "planted"
    sharp: Annotated[float, Field(description="how much of the signal is read")] = 1.0
    seconds: Annotated[float, Field(description="what a fit costs")] = 1.0
    epochs: Annotated[int, Field(description="of a training")] = 4
    fails: Annotated[Literal["no", "data", "ctrl-c"], Field(description="how it ends")] = "no"
    repeats: Annotated[int, Field(description="not used")] = 3


@dataclass
class Planted:
    """Reads column 0 (the signal) by ``sharp``, and column 1 (noise) for the rest. A training takes ``seconds`` for all
    of its epochs and stops by the hour."""

    config: PlantedConfig
    name: ClassVar[str] = "planted"
    needs_validation: ClassVar[bool] = False
    needs_network: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = PlantedConfig

    def fit(self, material: Material) -> Transferred:
        FITTED.append((self.name, material))
        config = self.config
        if config.fails == "data":
            raise DataError("planted")
        if config.fails == "ctrl-c":
            raise KeyboardInterrupt
        epochs, each = config.epochs, config.seconds / 4
        if self.needs_network and material.until is not None:
            epochs = max(0, min(epochs, int((material.until - CLOCK.now) / each)))
        CLOCK.now += each * epochs if self.needs_network else config.seconds
        weight = np.array([[0, 0], [config.sharp, 1 - config.sharp]], np.float32)
        return Transferred(LinearHead(weight, np.zeros(2, np.float32)), facts={"epochs": epochs})


class Trained(Planted):
    """The same as a training."""

    name = "trained"
    needs_validation = True
    needs_network = True


class Facts:
    facts = BackboneFacts("b", "w", "c", 2, 10, 8, (0,) * 3, (1,) * 3, "bilinear", "-", "-", "-")


def source(name="small", parameters=10, seconds=0.01, noise=1.0, folder=None, seed=0):
    """Two classes a unit apart in column 0; patients have two cases each."""
    rng = np.random.default_rng(seed)
    groups = np.arange(CASES) // A_GROUP
    labels = (groups % 2).astype(np.int64)
    rng = np.random.default_rng((seed, 1))
    features = rng.normal(size=(CASES, 2)) * noise
    features[:, 0] += 1.5 * labels
    material = Material(
        features=features.astype(np.float32),
        labels=labels,
        groups=groups.astype(np.int64),
        is_val=groups % 5 == 0,
        index=np.arange(CASES),
        n_classes=2,
        pixels=lambda rows: np.zeros((len(rows), 1, 8, 8), np.float32),
        backbone=Facts(),
        modality="unknown",
        checkpoints=folder,
    )
    return Source(name, material, seconds, parameters)


@pytest.fixture(autouse=True)
def planted(monkeypatch):
    """The two strategies, for one test, and the clock at zero."""
    monkeypatch.setitem(STRATEGIES._members, "planted", Planted)
    monkeypatch.setitem(STRATEGIES._members, "trained", Trained)
    CLOCK.now = 0.0
    FITTED.clear()
    return source
