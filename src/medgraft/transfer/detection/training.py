"""From boxes to a detector: the phases of a strategy, each one run of the one training loop.

What stays frozen in a phase is cut off and, where it may be kept on disk, computed once a view. BatchNorm stays as the
source task left it, except where the network starts from random weights. The weights of the epoch with the lowest
validation loss are kept, of each phase.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgraft.errors import UsageError
from medgraft.source.backbones.backbone import Backbone
from medgraft.source.backbones.scales import Scale
from medgraft.transfer.detection.augmentation import BoxAugmentation, box_policy
from medgraft.transfer.detection.boxes_feed import BoxesFeed
from medgraft.transfer.detection.material import DetectionMaterial
from medgraft.transfer.detection.network import Detector, LossRows, build_detector
from medgraft.transfer.detection.plan import DetectionPlan
from medgraft.transfer.detection.pyramid import Parts, cut_pyramid, find_levels
from medgraft.transfer.detection.settings import DetectionSettings, DetectorSpec
from medgraft.transfer.detection.trained import TrainedDetector, arrays
from medgraft.transfer.models.freezing import PartlyFrozen, batchnorms, trainable
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.layerwise import parameter_groups
from medgraft.transfer.training.loop import Trained, train
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.plan import PrefixPlan, Rates
from medgraft.transfer.training.prefix_feed import PrefixFeed
from medgraft.transfer.training.recipe import Cases, Recipe

__all__ = ["FittedDetector", "fit_detector"]

_STATE_VERSION = 1
"""Part of the fingerprint: a change of the training code that old checkpoints should not be carried over raises it."""
_PARTS = {
    "fcos": ("class", "box", "centre"),
    "retinanet": ("class", "box"),
    "faster-rcnn": ("class", "box", "object", "proposal"),
}


@dataclass(frozen=True)
class FittedDetector:
    """``history`` has a column ``phase`` besides those of the loop and the parts of the validation loss."""

    trained: TrainedDetector
    history: list[dict[str, Any]]
    facts: dict[str, Any]


class _SumOfParts:
    """The objective: rows (N, parts) of losses are summed."""

    def loss(self, rows: Tensor, labels: Tensor) -> Tensor:
        """(N,)."""
        return rows.sum(dim=1)

    judged = loss

    def answers(self, rows: Tensor) -> Tensor:
        """The parts as they are."""
        return rows


@dataclass(frozen=True)
class _Phase:
    """``stride``: stages up to it are frozen; 0: none; ``None``: all."""

    name: str
    epochs: int
    stride: int | None


class _Joined(nn.Module):
    """Both parts as one, the frozen one computed each time."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.frozen, self.learning = parts.frozen, parts.learning

    def forward(self, pixels: Tensor) -> Any:
        return self.learning(pixels) if self.frozen is None else self.learning(*self.frozen(pixels))


def fit_detector(material: DetectionMaterial, plan: DetectionPlan, settings: DetectionSettings) -> FittedDetector:
    """Train and give back the best. The same call again goes on where it was broken off.

    Raises ``UsageError`` without training or validation cases, for a backbone without maps, and where training
    diverges.
    """
    if not len(material.train) or not len(material.val):
        raise UsageError(
            f"training a detector on {len(material.train)} cases, {len(material.val)} more for validation: both are "
            "needed, validation to know when to stop; give a split with a val part"
        )
    scratch = settings.strategy == "scratch"
    backbone = material.backbone.forgotten(material.seed) if scratch else material.backbone
    bare = Placement(material.device).network(backbone.build(material.channels))
    levels = find_levels(bare, backbone.stages(bare), plan.strides)
    spec = DetectorSpec(settings.architecture, len(material.labels), settings.width, settings.convolutions)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(material.seed)
        detector = build_detector(spec, plan, nn.Identity(), [level.channels for level in levels])
    course = _Course(material, plan, settings, backbone, bare, levels, detector)
    history, facts = list[dict[str, Any]](), dict[str, Any]()
    for phase in _phases(settings):
        done, told = course.run(phase)
        history += [{"phase": phase.name, **row} for row in done.history]
        facts[phase.name] = {"best_epoch": done.best_epoch, "stopped_early": done.stopped_early, **told}
    trained = TrainedDetector(
        backbone.facts, material.channels, spec, plan, arrays(bare.state_dict()), arrays(detector.head_state())
    )
    return FittedDetector(trained, history, facts)


def _phases(settings: DetectionSettings) -> list[_Phase]:
    """What is done, in order."""
    if settings.strategy == "linear-probe":
        return [_Phase("head", settings.epochs, None)]
    if settings.strategy == "lp-ft":
        head = _Phase("head", settings.head_epochs, None)
        return [head, _Phase("whole", settings.epochs, settings.frozen_stride)]
    return [_Phase("whole", settings.epochs, 0)]


@dataclass(frozen=True)
class _Course:
    """One training; ``bare`` and ``detector`` change as it goes on."""

    material: DetectionMaterial
    plan: DetectionPlan
    settings: DetectionSettings
    backbone: Backbone
    bare: nn.Module
    levels: list[Scale]
    detector: Detector

    def run(self, phase: _Phase) -> tuple[Trained, dict[str, Any]]:
        """Train one phase; facts of it."""
        material, settings = self.material, self.settings
        self.bare.requires_grad_(True)
        frozen = self._frozen(phase)
        parts = cut_pyramid(self.bare, self.levels, frozen)
        self._freeze_unread(parts)
        cached = self._cached(phase, parts, frozen)
        pyramid = parts.learning if cached is not None else _Joined(parts)
        still = batchnorms(pyramid) if settings.strategy != "scratch" else []
        before = ["frozen"] if cached is None and parts.frozen is not None else []
        self.detector.over(PartlyFrozen(pyramid, modules=[*before, *still]))
        network = LossRows(self.detector)
        rates = Rates(settings.lr, settings.layer_decay, settings.weight_decay)
        groups = parameter_groups(self.bare, self.backbone.stages(self.bare), self.detector.head(), rates)
        with contextlib.closing(cached) if cached is not None else contextlib.nullcontext():
            done = train(
                network,
                groups,
                self._cases(phase, cached),
                self._recipe(phase),
                Checkpoints(material.checkpoints / phase.name, self._fingerprint(phase)),
                material.progress,
            )
        told: dict[str, Any] = {
            "parameters_trained": sum(item.numel() for item in trainable(network).values()),
            "seconds": sum(float(row["seconds"]) for row in done.history),
        }
        return done, told if cached is None else {**told, "prefix_cache": cached.facts()}

    def _frozen(self, phase: _Phase) -> list[str]:
        """Names of the parameters that stay: of all stages, or of those up to the level of the phase's stride."""
        stages = self.backbone.stages(self.bare)
        if phase.stride is None:
            return [name for _, names in stages for name in names]
        if not phase.stride:
            return []
        labels = [label for label, _ in stages]
        (last,) = find_levels(self.bare, stages, (phase.stride,))
        return [name for _, names in stages[: labels.index(last.module) + 1] for name in names]

    def _freeze_unread(self, parts: Parts) -> None:
        """What comes after the last level gets no gradient and would only be decayed."""
        read = {id(item) for part in (parts.frozen, parts.learning) if part is not None for item in part.parameters()}
        PartlyFrozen(
            self.bare, parameters=[name for name, item in self.bare.named_parameters() if id(item) not in read]
        )
        if parts.frozen is not None:
            PartlyFrozen(parts.frozen, modules=[""])

    def _views(self, phase: _Phase) -> int:
        """So many that each is used twice at least."""
        return max(1, min(self.settings.views, phase.epochs // 2))

    def _cached(self, phase: _Phase, parts: Parts, frozen: Sequence[str]) -> PrefixFeed | None:
        material, settings = self.material, self.settings
        if parts.frozen is None or material.cache is None or not settings.cache_gb:
            return None
        policy = self._augmentation().policy if settings.augment else None
        named = (self.backbone.facts, frozen, self.plan.size, self.plan.fit, policy, material.seed, material.channels)
        key = hashlib.sha256(f"{_STATE_VERSION}|{material.identity}|{named}".encode()).hexdigest()[:32]
        folder, limit = material.cache / "prefix" / key, int(settings.cache_gb * 1e9)
        plan = PrefixPlan(folder, len(material.boxes), self._views(phase), "scaled16", limit)
        placement = Placement(material.device)
        prefix = PartlyFrozen(placement.network(parts.frozen), modules=[""])
        return PrefixFeed(prefix, self._pixels(), plan, placement, material.progress)

    def _augmentation(self) -> BoxAugmentation:
        upright = self.plan.fit == "squash" and any(rows != columns for rows, columns in self.material.shapes)
        return BoxAugmentation(box_policy(self.material.modality, upright=upright), self.material.seed)

    def _pixels(self) -> PixelFeed:
        return PixelFeed(self.material.pixels, self._augmentation().pixels if self.settings.augment else None)

    def _cases(self, phase: _Phase, cached: PrefixFeed | None) -> Cases:
        """Training and validation cases with their boxes."""
        material, names = self.material, _PARTS[self.settings.architecture]
        feed = BoxesFeed(
            cached or self._pixels(),
            material.framed(self.plan),
            self.plan.size,
            self._augmentation() if self.settings.augment else None,
            self._views(phase) if cached is not None else 0,
        )

        def part(rows: NDArray[np.int64]) -> Examples:
            return Examples(rows, np.zeros(len(rows), np.int64), np.ones(len(rows)), rows, feed)

        def parts_of_loss(answers: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float | None]:
            means = answers.mean(axis=0).tolist()
            return {f"val_{name}": value for name, value in zip(names, means, strict=True)}

        return Cases(part(material.train), part(material.val), parts_of_loss)

    def _recipe(self, phase: _Phase) -> Recipe:
        settings = self.settings
        return Recipe(
            epochs=phase.epochs,
            batch_size=settings.batch_size,
            warmup=settings.warmup,
            patience=settings.patience,
            clip_norm=settings.clip_norm,
            seed=self.material.seed,
            device=self.material.device,
            objective=_SumOfParts(),
            ema=settings.ema,
        )

    def _fingerprint(self, phase: _Phase) -> str:
        """sha256 of all that decides the outcome; threads and versions of libraries are not in it."""
        material = self.material
        digest = hashlib.sha256(f"{_STATE_VERSION}|{phase}|{self.settings.model_dump_json()}|".encode())
        digest.update(f"{self.plan.model_dump_json()}|{material.identity}|{material.labels}|{material.seed}|".encode())
        digest.update(f"{self.backbone.facts}|{material.channels}|{material.modality}|".encode())
        for rows in (material.train, material.val):
            digest.update(f"{rows.tolist()}|".encode())
        for boxes in material.framed(self.plan):
            digest.update(f"{boxes.shape}|".encode() + boxes.tobytes())
        return digest.hexdigest()
