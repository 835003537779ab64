"""Layer-wise learning-rate decay: the nearer a stage is to the pixels, the less it moves.

The head learns at ``lr``; of S stages (0 nearest to the input) stage s learns at ``lr · decay^(S − s)``.
Sources: Howard & Ruder 2018 (discriminative fine-tuning); Clark et al. 2020; Bao et al. 2022 (the same
count).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from medgraft.errors import ArtifactError
from medgraft.transfer.models.freezing import trainable
from medgraft.transfer.training.plan import Rates

__all__ = ["parameter_groups", "stage_rates"]


def stage_rates(stages: int, lr: float, decay: float) -> list[float]:
    """The learning rate of each stage, input first; the head itself has ``lr``."""
    return [lr * decay ** (stages - stage) for stage in range(stages)]


def parameter_groups(
    backbone: nn.Module, stages: Sequence[tuple[str, Sequence[str]]], head: nn.Module, rates: Rates
) -> list[dict[str, Any]]:
    """Groups for ``torch.optim.AdamW`` over exactly the parameters that are not frozen.

    ``stages`` are those of ``Backbone.stages(backbone)``: all parameters by name, each once; a backbone whose
    stages say something else raises ``ArtifactError``, as a parameter that no stage names would silently not
    learn.
    """
    named = [name for _, names in stages for name in names]
    own = [name for name, _ in backbone.named_parameters()]
    if sorted(named) != sorted(own):
        lost, foreign = sorted(set(own) - set(named)), sorted(set(named) - set(own))
        raise ArtifactError(
            f"grouping the backbone's parameters by stage: {len(lost)} in no stage {lost[:3]}, "
            f"{len(foreign)} unknown {foreign[:3]}, {len(named) - len(set(named))} named twice; stages() "
            f"must name each parameter once"
        )
    learning = trainable(backbone)
    groups: list[dict[str, Any]] = []
    for (stage, names), lr in zip(stages, stage_rates(len(stages), rates.lr, rates.decay), strict=True):
        groups += _groups(stage, [learning[name] for name in names if name in learning], lr, rates.weight_decay)
    return groups + _groups("head", list(trainable(head).values()), rates.lr, rates.weight_decay)


def _groups(stage: str, parameters: list[nn.Parameter], lr: float, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices and filters with weight decay, vectors and scalars without; empty groups are left out."""
    parts = (
        ([item for item in parameters if item.ndim > 1], weight_decay),
        ([item for item in parameters if item.ndim <= 1], 0.0),
    )
    return [
        {
            "stage": stage,
            "params": part,
            "lr": lr,
            "peak_lr": lr,
            "weight_decay": decay,
            "anchored": stage != "head",
        }
        for part, decay in parts
        if part
    ]
