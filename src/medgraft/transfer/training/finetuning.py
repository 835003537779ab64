"""Fine-tuning a whole backbone and its head together, starting from a head that was fitted on the frozen
backbone.

Puts the parts together: the classifier, what is frozen in it, layer-wise learning rates, gentle augmentation
for the modality, and the one loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.augmentation.policy import policy_for
from medgraft.progress import Progress
from medgraft.source.backbones.backbone import Backbone
from medgraft.transfer.models.classifier import Classifier
from medgraft.transfer.models.freezing import PartlyFrozen, batchnorms, trainable
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.layerwise import Rates, parameter_groups, stage_rates
from medgraft.transfer.training.loop import Cases, Recipe, Trained, train

__all__ = ["FineTuned", "Start", "augmentation", "fine_tune"]


@dataclass(frozen=True)
class Start:
    """The network before the first step. ``freeze_batchnorm``: statistics and affine of every BatchNorm stay
    as the source task left them."""

    backbone: Backbone
    channels: int
    head: LinearHead
    freeze_batchnorm: bool


@dataclass(frozen=True)
class FineTuned:
    """The network of the best epoch, as plain arrays; that of epoch 0 is the start itself."""

    trained: Trained
    head: LinearHead
    backbone_state: dict[str, NDArray[Any]]
    facts: dict[str, Any]


def augmentation(modality: str, seed: int) -> Callable[[NDArray[np.float32], int, int], NDArray[np.float32]]:
    """``augment(pixels (C, S, S), epoch, index)`` of the modality's policy."""
    policy = policy_for(modality)

    def augment(pixels: NDArray[np.float32], epoch: int, index: int) -> NDArray[np.float32]:
        augmented, _ = policy.augment(pixels, seed=seed, epoch=epoch, index=index)
        return augmented

    return augment


def fine_tune(
    start: Start, cases: Cases, rates: Rates, recipe: Recipe, checkpoints: Checkpoints, progress: Progress
) -> FineTuned:
    """Train backbone and head on ``cases.train``; the epoch with the lowest validation loss is given back."""
    bare = start.backbone.build(start.channels)
    bare.requires_grad_(True)
    stages = start.backbone.stages(bare)
    backbone = PartlyFrozen(bare, modules=batchnorms(bare) if start.freeze_batchnorm else ())
    network = Classifier(backbone, start.head)
    groups = parameter_groups(bare, stages, network.head, rates)
    trained = train(network, groups, cases, recipe, checkpoints, progress)
    learning = sum(item.numel() for item in trainable(network).values())
    names = [name for name, _ in stages]
    return FineTuned(
        trained=trained,
        head=network.linear_head(),
        backbone_state=network.backbone_state(),
        facts={
            "parameters_trained": learning,
            "parameters_frozen": sum(item.numel() for item in network.parameters()) - learning,
            "learning_rates": {
                **dict(zip(names, stage_rates(len(names), rates.lr, rates.decay), strict=True)),
                "head": rates.lr,
            },
        },
    )
