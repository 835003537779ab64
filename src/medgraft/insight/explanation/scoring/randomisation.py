"""The cascading-randomisation check: a map that stays as it is when the network forgets what it learnt does not tell
of the network.

The head and then stage after stage, from the output to the input, get random weights; after each step the map is drawn
again and compared with the first one. What is left of it at the end is what the method takes from the picture alone.

Source: Adebayo et al. 2018, Sanity Checks for Saliency Maps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.insight.explanation.explainer import Explained, Explainer

__all__ = ["MOST_LIKENESS", "Randomised", "cascading_randomisation", "likeness", "passes"]

MOST_LIKENESS = 0.5
"""What may be left of the first map when nothing is left of what was learnt."""


@dataclass(frozen=True)
class Randomised:
    """``stage``: the last one that was made random; ``likeness``: mean over the pictures."""

    stage: str
    likeness: float


def cascading_randomisation(
    explainer: Explainer,
    network: Explained,
    forgetting: Iterable[tuple[str, Explained]],
    pictures: Sequence[NDArray[np.float32]],
    target: int,
) -> list[Randomised]:
    """One entry a step of ``forgetting`` (see ``forgetting.forgetting``), for ``pictures`` (1, C, S, S) each."""
    first = [explainer(network, pixels, target) for pixels in pictures]
    return [
        Randomised(
            stage,
            float(
                np.mean(
                    [
                        likeness(before, explainer(other, pixels, target))
                        for before, pixels in zip(first, pictures, strict=True)
                    ]
                )
            ),
        )
        for stage, other in forgetting
    ]


def passes(steps: Sequence[Randomised]) -> bool:
    """Whether the method tells of the network: little is left at the end."""
    return steps[-1].likeness <= MOST_LIKENESS


def likeness(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """Spearman's rank correlation of two maps without its sign: a map turned round is drawn by the same places. A flat
    map is like nothing: 0."""
    first, second = (_ranks(heat) for heat in (left, right))
    length = float(np.sqrt((first @ first) * (second @ second)))
    return abs(float(first @ second)) / length if length > 0 else 0.0


def _ranks(heat: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of all places, equals sharing theirs, less their mean."""
    _, place, count = np.unique(heat.ravel(), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place.ravel()]
    return np.asarray(ranks - ranks.mean())
