"""From a detector's candidates to boxes in the picture: which are suppressed, and from which score on one is called.

Both are chosen on validation cases, in two steps: the overlap from which the better of two boxes of one label
suppresses the other, by the highest mAP50; then the score, by the highest F1 (mean over the labels with a true box, at
an IoU of 0.5). Ties take the first overlap, and the highest score. Numbers that go through all scores (mAP, FROC) take
boxes below the cut, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.detection.average_precision import MAP50
from medgraft.measure.detection.matching import MOST, ImageBoxes, Matches, match_class
from medgraft.measure.detection.weighted import WeightedMatches

__all__ = [
    "OVERLAPS",
    "Candidates",
    "Cuts",
    "Found",
    "choose_cuts",
    "detect",
    "image_boxes",
    "suppressed",
]

OVERLAPS = (0.3, 0.4, 0.5, 0.6, 0.7)
"""IoU from which a box suppresses a worse one of its label: what is tried."""
_HIT = 0.5
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cuts:
    """``nms_iou`` and ``score``, and on which cases they were chosen."""

    nms_iou: float
    score: float
    chosen_from: str

    def to_json(self) -> dict[str, Any]:
        """For ``calibration.json``, where a score is a threshold as in other tasks."""
        return {"threshold": self.score, "threshold_from": self.chosen_from, "nms_iou": self.nms_iou}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Cuts:
        """From ``calibration.json``."""
        return cls(float(content["nms_iou"]), float(content["threshold"]), str(content["threshold_from"]))


@dataclass(frozen=True)
class Candidates:
    """Of one picture, in its own pixels, half-open: ``boxes`` (n, 4), ``scores`` (n,) in [0, 1], ``kinds`` (n,) class
    indices. The same holds what is left when worse ones are suppressed, the best first."""

    boxes: Floats
    scores: Floats
    kinds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, chosen: NDArray[Any]) -> Candidates:
        """Some of them."""
        return Candidates(self.boxes[chosen], self.scores[chosen], self.kinds[chosen])


@dataclass(frozen=True)
class Found:
    """What is called in one picture, the best first: ``labels`` (n,), ``boxes`` (n, 4) in its own pixels, half-open,
    ``scores`` (n,)."""

    labels: tuple[str, ...]
    boxes: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.labels)


def suppressed(candidates: Candidates, overlap: float) -> Candidates:
    """What is left when of boxes of one label that overlap by more than ``overlap`` the best stays: the ``MOST`` best
    of each label, by falling score."""
    # torchvision found the candidates: where there are any it is imported already, and nobody else needs it
    import torch
    from torchvision.ops import batched_nms

    boxes, scores = torch.from_numpy(candidates.boxes), torch.from_numpy(candidates.scores)
    kept = candidates.take(batched_nms(boxes, scores, torch.from_numpy(candidates.kinds), overlap).numpy())
    rank = np.zeros(len(kept), dtype=np.int64)
    for kind in np.unique(kept.kinds):
        own = kept.kinds == kind
        rank[own] = np.arange(int(own.sum()))
    return kept.take(rank < MOST)


def image_boxes(truth: dict[str, Floats], kept: Candidates, labels: Sequence[str]) -> ImageBoxes:
    """One picture as the measures take it."""
    found = {
        label: (kept.boxes[kept.kinds == kind], kept.scores[kept.kinds == kind]) for kind, label in enumerate(labels)
    }
    return ImageBoxes(truth, found)


def choose_cuts(
    candidates: Sequence[Candidates], truths: Sequence[dict[str, Floats]], labels: Sequence[str], chosen_from: str
) -> Cuts:
    """See the module; ``truths`` of each picture are its true boxes by label."""
    best: tuple[float, float, list[Matches]] | None = None
    for overlap in OVERLAPS:
        images = [
            image_boxes(truth, suppressed(one, overlap), labels) for one, truth in zip(candidates, truths, strict=True)
        ]
        matches = [match_class(images, label, (_HIT, _HIT)) for label in labels]
        matches = [one for one in matches if one.truths.sum()]
        each = [MAP50(WeightedMatches(one, np.ones(len(images)))) for one in matches]
        value = float(np.mean(each)) if each else 0.0
        if best is None or value > best[0]:
            best = value, overlap, matches
    _, overlap, matches = best or (0.0, OVERLAPS[0], [])
    return Cuts(overlap, _score(matches), chosen_from)


def _score(matches: Sequence[Matches]) -> float:
    """The score with the highest F1, mean over labels; 0.5 where nothing was ever hit."""
    scores = np.unique(np.concatenate([one.scores for one in matches])) if matches else np.zeros(0)
    if not len(scores):
        return 0.5
    total = np.zeros(len(scores))
    for one in matches:
        hits = np.concatenate([[0.0], np.cumsum(one.hits[0])])
        called = np.searchsorted(-one.scores, -scores, side="right")
        total += 2 * hits[called] / (called + one.truths.sum())
    if not total.any():
        return 0.5
    return float(scores[len(scores) - 1 - int(np.argmax(total[::-1]))])


def detect(candidates: Candidates, cuts: Cuts, labels: Sequence[str]) -> Found:
    """What is called in a picture."""
    kept = suppressed(candidates, cuts.nms_iou)
    kept = kept.take(kept.scores >= cuts.score)
    return Found(tuple(labels[kind] for kind in kept.kinds.tolist()), kept.boxes, kept.scores)
