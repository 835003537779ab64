"""The one loop that learns from the source's masks and pulls the target's answers along, whole network.

Every step draws patches of both sides from (seed, step), as in training, and minimises Dice and cross-entropy at the
source plus ``weight`` times the pull. Statistics of BatchNorm stay the source's. Nothing is chosen on the target.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.outlines.outline_adaptation import AdaptedOutlines, OutlinePair
from medgraft.transfer.models.freezing import PartlyFrozen, batchnorms
from medgraft.transfer.segmentation.overlap_loss import DiceAndCrossEntropy, Outlining
from medgraft.transfer.segmentation.patches import PatchFeed
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.schedule import SCHEDULES
from medgraft.transfer.training.seeding import seeded

__all__ = ["AcrossCourse", "Pull", "outline_across"]

_STREAM = 12
_TOLD = 20
"""Rows of the history."""
_WARMUP, _CLIP = 0.05, 5.0


class Pull(Protocol):
    """What is minimised of the target's answers beside the loss at the source."""

    def __call__(self, source: Tensor, target: Tensor) -> Tensor:
        """Of logits (N, classes, …) of both sides; it may learn itself from them, detached."""
        ...


@dataclass(frozen=True)
class AcrossCourse:
    """``steps`` of ``batch_size`` patches of each side; AdamW's peak ``lr``; ``weight`` of the pull."""

    steps: int
    batch_size: int
    lr: float
    weight: float


def outline_across(pair: OutlinePair, course: AcrossCourse, pull: Pull) -> AdaptedOutlines:
    """Raises ``UsageError`` without the source's cases, and where it diverges."""
    placement = Placement(pair.device)
    network = placement.network(pair.copied())
    network.requires_grad_(True)
    learner = PartlyFrozen(network, still=batchnorms(network))
    optimiser = torch.optim.AdamW(network.parameters(), lr=course.lr, weight_decay=1e-4)
    source, target = pair.patches(pair.seen_source), pair.patches(pair.target)
    history, every, done = list[dict[str, Any]](), max(1, course.steps // _TOLD), 0
    learner.train()
    with placement.deterministic():
        for step in range(course.steps):
            if pair.until is not None and time.monotonic() > pair.until:
                break
            for group in optimiser.param_groups:
                shape = SCHEDULES["cosine"](step, steps=course.steps, warmup=round(_WARMUP * course.steps))
                group["lr"] = course.lr * shape
            with seeded(placement.device, pair.seed, 2, step):
                pixels, labels = (placement.array(item) for item in _drawn(source, course, pair.seed, step, 0))
                other = placement.array(_drawn(target, course, pair.seed, step, 1)[0])
                told, pulled = _losses(learner, (pixels, labels, other), pull)
            total = told + course.weight * pulled
            if not torch.isfinite(total):
                raise UsageError(
                    f"adapting: the loss is {float(total.detach())} at step {step}, so it diverged; lower lr or weight"
                )
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(total)
            torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
            optimiser.step()
            done += 1
            if step % every == 0 or step == course.steps - 1:
                history.append({"step": step, "source_loss": float(told.detach()), "pull": float(pulled.detach())})
    network.requires_grad_(False)
    return AdaptedOutlines(network.cpu().eval(), history, {"steps": done, "weight": course.weight})


def _losses(learner: nn.Module, given: tuple[Tensor, Tensor, Tensor], pull: Pull) -> tuple[Tensor, Tensor]:
    """Dice and cross-entropy at the source, and the pull; the patches go through apart, statistics are not shared."""
    pixels, labels, other = given
    here, there = learner(pixels).float(), learner(other).float()
    rows = Outlining(nn.Identity())(here, labels)
    told = DiceAndCrossEntropy().loss(rows, labels).mean()
    return told, pull(here, there)


def _drawn(
    feed: PatchFeed, course: AcrossCourse, seed: int, step: int, side: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pixels and label maps of patches of one side."""
    draw = np.random.default_rng((_STREAM, seed, step, side))
    rows = draw.permutation(len(feed))[: course.batch_size].astype(np.int64)
    return feed(rows, rows, step + 1)
