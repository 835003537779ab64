"""A detector looks at pictures: its candidates, in the pixels of each picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from medgraft.transfer.detection.decoding import Candidates
from medgraft.transfer.detection.frame import Frame
from medgraft.transfer.detection.network import Detector
from medgraft.transfer.training.placement import Placement

__all__ = ["candidates_of"]

_BATCH = 16
_LEAST = 1e-3
"""Pixels of width and height that a box has at least."""


def candidates_of(
    detector: Detector, pixels: Callable[[NDArray[np.int64]], NDArray[np.float32]], frames: Sequence[Frame], device: str
) -> Iterator[Candidates]:
    """Of each picture; ``pixels(rows)`` gives (m, C, S, S) in [0, 1] of pictures by number, as many as ``frames``. The
    size of a batch does not change what is found."""
    placement = Placement(device)
    placement.network(detector).eval()
    rows = np.arange(len(frames))
    for part in np.split(rows, range(_BATCH, len(rows), _BATCH)) if len(rows) else []:
        with torch.inference_mode(), placement.precision():
            given = detector.candidates(placement.array(pixels(part)))
        for row, raw in zip(part.tolist(), given, strict=True):
            boxes = frames[row].original(raw.boxes.float().cpu().numpy())
            good = (boxes[:, 2:] - boxes[:, :2] >= _LEAST).all(axis=1)
            yield Candidates(
                boxes[good], raw.scores.double().cpu().numpy()[good], raw.labels.cpu().numpy().astype(np.int64)[good]
            )
