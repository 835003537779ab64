"""One candidate on the common folds: a source and a strategy, tried as it would be used.

All candidates see the same patient-grouped folds of the training and validation cases, and answer for the cases that
they did not see. A strategy that stops on validation cases gets the next fold for that. The test cases are not here.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred

__all__ = ["Candidate", "Source", "Status", "Trial", "answers_of", "fold_material", "part_of"]

Status = Literal["running", "complete", "ahead", "dropped", "no time", "failed"]
"""``ahead``: surely better than the best so far, on the folds that there was time for."""

_BATCH = 32


@dataclass(frozen=True)
class Source:
    """A backbone on this cohort. ``material``: training and validation cases with its features; ``seconds``: of one
    picture, pixels to features; ``parameters`` of the network; ``joined``: it is several backbones side by side;
    ``trainable``: it is one network."""

    name: str
    material: Material
    seconds: float
    parameters: int
    joined: bool = False
    trainable: bool = True

    def serves(self, kind: str) -> bool:
        """Whether that strategy can be tried with it."""
        member = STRATEGIES.get(kind)
        return (self.joined or not getattr(member, "needs_parts", False)) and (
            self.trainable or not member.needs_network
        )


@dataclass(frozen=True)
class Candidate:
    """``settings`` are those of the strategy, ``kind`` among them; ``rung``: the higher, the dearer the strategy."""

    source: Source
    settings: Mapping[str, Any]
    rung: int

    @property
    def kind(self) -> str:
        """The strategy."""
        return str(self.settings["kind"])

    @property
    def name(self) -> str:
        """``source · strategy``."""
        return f"{self.source.name} · {self.kind}"


@dataclass
class Trial:
    """What is known of a candidate. ``chances`` (n, classes): out-of-fold probabilities, NaN for folds not done."""

    candidate: Candidate
    fold: NDArray[np.int64]
    chances: NDArray[np.float64] = field(init=False)
    folds_done: int = 0
    seconds: float = 0.0
    status: Status = "running"
    reason: str = ""
    epochs: int | None = None

    def __post_init__(self) -> None:
        self.chances = np.full((len(self.fold), self.candidate.source.material.n_classes), np.nan)

    @property
    def folds(self) -> int:
        """How many there are."""
        return int(self.fold.max()) + 1

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(n,) the cases that have an answer."""
        return ~np.isnan(self.chances[:, 0])

    def next_fold(self, *, until: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Answer for the next fold. ``until``: the hour by which a training should end."""
        began, number = clock(), self.folds_done
        member = STRATEGIES.get(self.candidate.kind)
        settings = dict(self.candidate.settings)
        if self.epochs is not None:  # as many as there was time for in the first fold
            settings["epochs"] = self.epochs
        elif "repeats" in member.Config.model_fields:  # the folds here are the cross-validation
            settings["repeats"] = 0
        strategy = member(member.Config(**settings))
        held = self.fold == number
        given = fold_material(
            self.candidate.source.material, self.fold, number, needs_validation=member.needs_validation
        )
        done = strategy.fit(replace(given, until=until))
        self.chances[held] = answers_of(done, self.candidate.source.material, np.flatnonzero(held))
        shutil.rmtree(given.checkpoints, ignore_errors=True)  # what they led to stands here
        if member.needs_validation and self.epochs is None:
            self.epochs = int(done.facts.get("epochs", 0))
        self.folds_done += 1
        self.seconds += clock() - began
        if self.folds_done == self.folds:
            self.status = "complete"


def fold_material(material: Material, fold: NDArray[np.int64], number: int, *, needs_validation: bool) -> Material:
    """The cases outside of a fold. Validation cases are those of the next fold, if they are needed."""
    rows = np.flatnonzero(fold != number)
    validating = (number + 1) % (int(fold.max()) + 1)
    is_val = fold[rows] == validating if needs_validation else np.zeros(len(rows), bool)
    return part_of(material, rows, is_val, f"fold-{number}")


def part_of(material: Material, rows: NDArray[np.int64], is_val: NDArray[np.bool_], name: str) -> Material:
    """Some of the cases; ``name`` is that of its own folder of checkpoints."""
    return replace(
        material,
        features=material.features[rows],
        labels=material.labels[rows],
        groups=material.groups[rows],
        is_val=is_val,
        index=material.index[rows],
        pixels=lambda chosen: material.pixels(rows[chosen]),
        slices=None if material.slices is None else material.slices.take(rows),
        sites=None if material.sites is None else material.sites[rows],
        teacher=None if material.teacher is None else partial(_taught, material.teacher, rows),
        checkpoints=material.checkpoints / name,
    )


def _taught(teacher: Callable[[], NDArray[np.float64]], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """What a teacher answers for some of the cases."""
    return teacher()[rows]


def answers_of(done: Transferred, material: Material, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Probabilities (m, classes) of ``rows`` by what a strategy gave back."""
    if done.backbone_state is None:
        return done.head.answers(material.bags.take(rows))
    return done.head.answers(Bags.single(_features(done, material, rows)))


def _features(done: Transferred, material: Material, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Of a network with new weights; it was trained here, so that torch is loaded already."""
    import torch

    from medgraft.transfer.training.placement import Placement

    placement = Placement(material.device)
    channels = int(material.pixels(rows[:1]).shape[1])
    network = placement.network(material.backbone.build(channels, done.backbone_state)).eval()
    parts = []
    with torch.inference_mode(), placement.precision():
        for start in range(0, len(rows), _BATCH):
            pixels = material.pixels(rows[start : start + _BATCH])
            parts.append(network(placement.array(pixels)).float().cpu().numpy())
    return np.concatenate(parts)
