"""What a model answers when pictures are spoilt: plain arrays, from which the curve over severities is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.transfer.robustness.corruptions.catalogue import CORRUPTIONS
from medgraft.transfer.robustness.corruptions.corruption import SEVERITIES, Pixels, corrupt
from medgraft.transfer.training.examples import Examples

__all__ = ["CorruptedAnswers", "corrupted_answers"]

Answer = Callable[[Pixels], NDArray[np.floating]]
"""Pixels (m, C, H, W) in [0, 1] → probabilities (m, classes)."""


@dataclass(frozen=True)
class CorruptedAnswers:
    """Probabilities: ``clean`` (n, classes), and by the name of a corruption ``spoilt`` (5 severities, n, classes)."""

    clean: NDArray[np.float64]
    spoilt: dict[str, NDArray[np.float64]]

    def accuracy(self, labels: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
        """By name (6,) the share that is right at severities 0 to 5; ``labels`` (n,) class indices."""
        start = (self.clean.argmax(axis=1) == labels).mean()
        return {
            name: np.concatenate([[start], (found.argmax(axis=2) == labels).mean(axis=1)])
            for name, found in self.spoilt.items()
        }


def corrupted_answers(
    answer: Answer,
    cases: Examples,
    names: Sequence[str],
    *,
    seed: int = 0,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> CorruptedAnswers:
    """Ask ``answer`` for the ``cases``, whose feed gives pixels, as they are and spoilt by each of ``names``.

    Draws come from the seed and each case's index. Raises ``UsageError`` where there is no case, or no such corruption.
    """
    if not len(cases):
        raise UsageError("answers to spoilt pictures: there is no case")
    for name in names:
        CORRUPTIONS.get(name)
    parts = np.array_split(np.arange(len(cases)), -(-len(cases) // batch_size))
    clean, spoilt = list[NDArray[np.float64]](), {name: list[NDArray[np.float64]]() for name in names}
    for part in (progress or Progress()).track(parts, total=len(parts), label=f"spoiling {len(cases)} cases"):
        (given,) = cases.batch(part)
        pixels = [one.astype(np.float32) for one in given]
        clean.append(np.asarray(answer(np.stack(pixels)), np.float64))
        draws = [(seed, int(place)) for place in cases.index[part]]
        for name in names:
            levels = [np.asarray(answer(_spoilt(pixels, name, severity, draws)), np.float64) for severity in SEVERITIES]
            spoilt[name].append(np.stack(levels))
    return CorruptedAnswers(
        np.concatenate(clean), {name: np.concatenate(found, axis=1) for name, found in spoilt.items()}
    )


def _spoilt(pixels: list[Pixels], name: str, severity: int, draws: list[tuple[int, int]]) -> Pixels:
    """(m, C, H, W)."""
    pairs = zip(pixels, draws, strict=True)
    return np.stack([corrupt(name, one, severity, seed=seed, index=index) for one, (seed, index) in pairs])
