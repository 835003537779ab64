"""A segmentation network learns: first what stands on the frozen encoder, then all of it; by the one training loop.

``linear-probe``: the encoder stays as it came; ``lp-ft``: the decoder first, then everything, the encoder slower;
``full``: everything from the start; ``scratch``: the same from random weights. BatchNorm of a pretrained encoder keeps
its statistics. A network of volumes has no source here: it learns from scratch, or from another segmentation's weights.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.source.backbones.loading import load_strictly
from medgraft.transfer.models.freezing import PartlyFrozen, batchnorms
from medgraft.transfer.segmentation.frozen_feed import KeptMaps, PatchPixels, RepeatedViews
from medgraft.transfer.segmentation.network import EncoderDecoder
from medgraft.transfer.segmentation.overlap_loss import DiceAndCrossEntropy, Outlining, case_dice
from medgraft.transfer.segmentation.patches import PatchFeed, tiles_of
from medgraft.transfer.segmentation.plan import Plan
from medgraft.transfer.segmentation.settings import OUTLINE_STRATEGIES, SegmentationSettings
from medgraft.transfer.segmentation.shelf import Shelf
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.examples import Examples, Feed
from medgraft.transfer.training.loop import Trained, train
from medgraft.transfer.training.packing import Precision
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.plan import PrefixPlan
from medgraft.transfer.training.prefix_feed import PrefixFeed
from medgraft.transfer.training.recipe import Cases, Recipe

__all__ = ["Course", "Learned", "learn", "start_from"]

_FROZEN, _ALL = "frozen", "all"
_PRECISION: Precision = "scaled16"


@dataclass(frozen=True)
class Course:
    """What is learnt from. ``folder`` belongs to this training alone; ``fingerprint`` says of which one its checkpoints
    are."""

    shelf: Shelf
    train: Sequence[int]
    val: Sequence[int]
    plan: Plan
    settings: SegmentationSettings
    strategy: str
    folder: Path
    fingerprint: str
    seed: int
    device: str


@dataclass(frozen=True)
class Learned:
    """``network`` holds the weights of the best epoch; ``history`` has a column ``phase``."""

    network: nn.Module
    history: list[dict[str, Any]]
    facts: dict[str, Any] = field(default_factory=dict)


def learn(network: nn.Module, course: Course, progress: Progress) -> Learned:
    """Train ``network`` in place. Raises ``UsageError`` where training diverges, and what reading cases raises."""
    history: list[dict[str, Any]] = []
    facts: dict[str, Any] = {"phases": []}
    for phase, epochs in _phases(network, course):
        recipe = _recipe(course, phase, epochs)
        checkpoints = Checkpoints(course.folder / phase, f"{course.fingerprint}-{phase}")
        trained, told = _phase(network, course, phase, recipe, checkpoints, progress)
        history += [{"phase": phase, **row} for row in trained.history]
        facts["phases"].append(
            {"phase": phase, "best_epoch": trained.best_epoch, "val_loss": trained.best_loss, **told}
        )
    return Learned(network.eval(), history, facts)


def _phases(network: nn.Module, course: Course) -> list[tuple[str, int]]:
    """Which phases there are, each with its epochs. Raises ``UsageError`` for a strategy that does not fit."""
    settings, kind = course.settings, course.strategy
    if kind not in OUTLINE_STRATEGIES:
        raise UsageError(f"strategy {kind!r} with segmentation: use {', '.join(OUTLINE_STRATEGIES)}")
    if not isinstance(network, EncoderDecoder) or kind in ("full", "scratch"):
        return [(_ALL, settings.epochs)]
    if kind == "linear-probe":
        return [(_FROZEN, settings.epochs_frozen + settings.epochs)]
    return [(phase, epochs) for phase, epochs in ((_FROZEN, settings.epochs_frozen), (_ALL, settings.epochs)) if epochs]


def _recipe(course: Course, phase: str, epochs: int) -> Recipe:
    settings = course.settings
    return Recipe(
        epochs=epochs,
        batch_size=course.plan.batch,
        warmup=0.05,
        patience=settings.patience,
        clip_norm=5.0,
        seed=course.seed,
        device=course.device,
        objective=DiceAndCrossEntropy(),
        ema=settings.ema if phase == _ALL else 0.0,
        half=settings.precision == "auto",
    )


def _phase(
    network: nn.Module, course: Course, phase: str, recipe: Recipe, checkpoints: Checkpoints, progress: Progress
) -> tuple[Trained, dict[str, Any]]:
    """One phase; what is told of it."""
    settings, plan = course.settings, course.plan
    train_feed = PatchFeed(course.shelf, plan, seed=course.seed, cases=course.train, foreground=settings.foreground)
    tiles = [tile for row in course.val for tile in tiles_of(row, course.shelf.shape(row), plan.patch)]
    val_feed = PatchFeed(course.shelf, plan, seed=course.seed, tiles=tiles)
    owners = np.array([tile.row for tile in tiles], dtype=np.int64)
    if phase == _ALL or not isinstance(network, EncoderDecoder):
        cases = Cases(_examples(train_feed, len(train_feed)), _examples(val_feed, len(tiles), owners), case_dice)
        learner = Outlining(_learning(network, course), settings.boundary)
        trained = train(learner, _groups(network, course), cases, recipe, checkpoints, progress)
        return trained, {}
    kept = settings.cache_gb > 0 and recipe.epochs > settings.views
    if not kept:
        views = RepeatedViews(train_feed, settings.views)
        cases = Cases(_examples(views, len(train_feed)), _examples(val_feed, len(tiles), owners), case_dice)
        learner = Outlining(PartlyFrozen(network, modules=["encoder"]), settings.boundary)
        trained = train(learner, _decoder_groups(network, course), cases, recipe, checkpoints, progress)
        return trained, {"maps_kept": False}
    with contextlib.ExitStack() as stack:
        given = []
        for name, feed, count in (("train", train_feed, len(train_feed)), ("val", val_feed, len(tiles))):
            limit = int(settings.cache_gb * 2**30 / 2)
            prefix = PrefixPlan(course.folder / f"maps-{name}", count, settings.views, _PRECISION, limit)
            maps = PrefixFeed(network.encoder, PatchPixels(feed), prefix, Placement(course.device), progress)
            stack.enter_context(contextlib.closing(maps))
            given.append(KeptMaps(feed, maps, settings.views))
        cases = Cases(_examples(given[0], len(train_feed)), _examples(given[1], len(tiles), owners), case_dice)
        learner = Outlining(network.decoder, settings.boundary)
        trained = train(learner, _decoder_groups(network, course), cases, recipe, checkpoints, progress)
        return trained, {"maps_kept": True, **given[0].maps.facts()}


def _learning(network: nn.Module, course: Course) -> nn.Module:
    """The network as it learns: a pretrained encoder's BatchNorm keeps its statistics."""
    if not isinstance(network, EncoderDecoder):
        return network
    network.requires_grad_(True)
    if course.strategy == "scratch":
        return network
    still = [name for name in batchnorms(network) if name.startswith("encoder.")]
    return PartlyFrozen(network, still=still)


def _groups(network: nn.Module, course: Course) -> list[dict[str, Any]]:
    settings = course.settings
    if not isinstance(network, EncoderDecoder) or course.strategy == "scratch":
        return [_group("network", network, settings.lr, settings)]
    return [
        _group("encoder", network.encoder, settings.encoder_lr, settings),
        _group("decoder", network.decoder, settings.lr, settings),
    ]


def _decoder_groups(network: EncoderDecoder, course: Course) -> list[dict[str, Any]]:
    network.encoder.requires_grad_(False)
    return [_group("decoder", network.decoder, course.settings.lr, course.settings)]


def _group(name: str, module: nn.Module, lr: float, settings: SegmentationSettings) -> dict[str, Any]:
    params = [item for item in module.parameters() if item.requires_grad]
    return {"stage": name, "params": params, "lr": lr, "peak_lr": lr, "weight_decay": settings.weight_decay}


def _examples(feed: Feed, count: int, owners: NDArray[np.int64] | None = None) -> Examples:
    """Patches ``0 … count − 1`` of a feed; ``owners``: the case of each."""
    numbers = np.arange(count, dtype=np.int64)
    labels = np.zeros(count, np.int64) if owners is None else owners
    return Examples(numbers, labels, np.ones(count), numbers, feed)


def start_from(network: nn.Module, state: Mapping[str, Any], doing: str) -> None:
    """Load the weights of another segmentation, strictly. Raises ``WeightsError`` where they do not fit."""
    load_strictly(network, dict(state), doing=doing)
