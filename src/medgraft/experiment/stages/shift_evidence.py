"""Stage of ``shift`` and ``adapt``: what two cohorts side by side are judged by, as numbers.

Features go through the signed root, as the probe reads them. Plain numbers of the pictures (brightness, size, …) come
from what is known of each since it was decoded; sharpness is read off its thumbnail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.facts import PixelFacts
from medgraft.errors import DataError
from medgraft.experiment.stages.side_by_side import SideBySide, patients_of
from medgraft.insight.audit.alignment import stacked_grey
from medgraft.measure.shift.answers import Answers
from medgraft.measure.shift.assessment import Evidence
from medgraft.measure.shift.sides import Sides
from medgraft.progress import Progress
from medgraft.transfer.models.root import signed_root

__all__ = ["evidence_of", "picture_numbers", "tilted"]

_NUMBERS: dict[str, Callable[[PixelFacts], float | None]] = {
    "brightness": lambda facts: facts.mean,
    "contrast": lambda facts: facts.std,
    "height in pixels": lambda facts: facts.height,
    "width in pixels": lambda facts: facts.width,
    "mm a pixel": lambda facts: None if facts.spacing is None else facts.spacing[0],
    "bytes a pixel": lambda facts: facts.bytes_per_pixel,
    "blocks of compression": lambda facts: facts.blockiness,
    "burned-in writing": lambda facts: facts.writing,
}
_SURE = 1e-6
"""A cut nearer to 0 or 1 than this is taken to be so far from it."""


def evidence_of(both: SideBySide, progress: Progress) -> Evidence:
    """Raises ``DataError`` for too few cases. Where answers cannot be used, the notice says why, and they are left
    out."""
    groups = patients_of(both.source.table), patients_of(both.target.table)
    sides = Sides.of(
        signed_root(both.source.embedding.features),
        signed_root(both.target.embedding.features),
        source_groups=groups[0],
        target_groups=groups[1],
    )
    answers, moved = None, None
    here, there = both.source.probability, both.target.probability
    if here is not None and there is not None:
        try:
            answers = Answers.of(here, both.truth, there, source_groups=groups[0], target_groups=groups[1])
        except DataError as error:
            progress.notice(f"the mixture of classes and the accuracy to expect cannot be told: {error}")
    if answers is not None and both.threshold is not None and both.positive is not None:
        cut, column = both.threshold, both.positive
        moved = Answers.of(
            tilted(answers.source, cut, column),
            answers.labels,
            tilted(answers.target, cut, column),
            source_groups=groups[0],
            target_groups=groups[1],
        )
    return Evidence(sides, answers, moved, picture_numbers(both))


def tilted(probability: NDArray[np.float64], threshold: float, positive: int) -> NDArray[np.float64]:
    """(n, 2) probabilities with their odds divided by those of the cut: the most probable class is the one called."""
    cut = float(np.clip(threshold, _SURE, 1 - _SURE))
    for_it, against = probability[:, positive] * (1 - cut), (1 - probability[:, positive]) * cut
    chance = for_it / (for_it + against)
    return np.stack([1 - chance, chance] if positive == 1 else [chance, 1 - chance], axis=1)


def picture_numbers(both: SideBySide) -> dict[str, NDArray[Any]]:
    """(n + m,) by name, NaN where unknown."""
    facts = [*both.source.embedding.facts, *both.target.embedding.facts]
    found = {name: np.array([_number(read, fact) for fact in facts]) for name, read in _NUMBERS.items()}
    return {**found, "sharpness": _sharpness([b"" if fact is None else fact.thumbnail for fact in facts])}


def _number(read: Callable[[PixelFacts], float | None], facts: PixelFacts | None) -> float:
    value = None if facts is None else read(facts)
    return float("nan") if value is None else float(value)


def _sharpness(thumbnails: list[bytes]) -> NDArray[np.float64]:
    """(n,) how much neighbouring pixels differ beside how much all do; NaN for a flat picture."""
    grey = stacked_grey(thumbnails).astype(np.float32)
    steps = np.abs(np.diff(grey, axis=1)).mean(axis=(1, 2)) + np.abs(np.diff(grey, axis=2)).mean(axis=(1, 2))
    spread = grey.std(axis=(1, 2))
    return np.where(spread > 0, steps / np.where(spread > 0, spread, 1.0), np.nan).astype(np.float64)
