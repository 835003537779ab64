"""What a detector is trained on: pictures by row, with their boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgraft.data.outlines.boxes import Boxes
from medgraft.progress import Progress
from medgraft.source.backbones.backbone import Backbone
from medgraft.transfer.detection.plan import DetectionPlan

__all__ = ["DetectionMaterial"]


@dataclass(frozen=True)
class DetectionMaterial:
    """Cases by row, a row being the position in the sorted cohort.

    ``pixels(rows)`` gives (m, C, S, S) float32 in [0, 1], prepared as the plan says; ``boxes`` and ``shapes`` (rows and
    columns of the picture) have an entry for every row; ``identity`` says which pictures, prepared how, these are;
    ``cache``: the folder for frozen activations, ``None`` where none are kept.
    """

    pixels: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    boxes: Sequence[Boxes]
    shapes: Sequence[tuple[int, int]]
    train: NDArray[np.int64]
    val: NDArray[np.int64]
    labels: tuple[str, ...]
    backbone: Backbone
    channels: int
    modality: str
    checkpoints: Path
    identity: str
    cache: Path | None = None
    seed: int = 0
    device: str = "cpu"
    progress: Progress = field(default_factory=Progress)

    def framed(self, plan: DetectionPlan) -> list[NDArray[np.float64]]:
        """Of every row (n, 5): corners in the square, and the class index."""
        number = {label: float(place) for place, label in enumerate(self.labels)}
        found = []
        for boxes, shape in zip(self.boxes, self.shapes, strict=True):
            kinds = np.array([number[label] for label in boxes.labels]).reshape(-1, 1)
            found.append(np.concatenate([plan.frame(*shape).inside(boxes.corners), kinds], axis=1))
        return found
