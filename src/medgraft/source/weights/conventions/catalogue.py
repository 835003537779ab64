"""The one place that imports the built-in conventions, in the order in which they are tried."""

from __future__ import annotations

from medgraft.source.weights.conventions import (
    distillation,
    encoder,
    medicalnet,
    momentum,
    monai,
    torchvision,
    torchxrayvision,
    training_script,
)
from medgraft.source.weights.conventions.convention import CONVENTIONS

__all__ = ["CONVENTIONS"]

_ = (training_script, torchvision, encoder, momentum, distillation, monai, torchxrayvision, medicalnet)
