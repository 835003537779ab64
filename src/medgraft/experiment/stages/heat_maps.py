"""Heat maps of cases by a run's own bundle: which class is explained, which slices of a volume, and the maps.

What is explained: of two classes what speaks for the positive one, whatever was called; of several the called one; of
several labels a case the likeliest of those called, or of all where none is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import WHOLE, slice_member
from medgraft.insight.explanation import catalogue
from medgraft.insight.explanation.explainer import make_explainer, require_gradient
from medgraft.insight.explanation.opening import open_network
from medgraft.insight.explanation.scoring.deletion import Perturbed, perturbation_curves
from medgraft.source.embedding.bags import Bags
from medgraft.source.embedding.cases import CaseEmbedding
from medgraft.source.embedding.embed import Picture
from medgraft.source.embedding.engine import Job
from medgraft.transfer.models.bundle import Bundle

__all__ = ["HeatMap", "HeatMaps", "explained_class", "telling_slices"]

_ = catalogue  # importing it registers the methods
_SLICES = 3


@dataclass(frozen=True)
class HeatMap:
    """``pixels`` (1 or 3, S, S) in [0, 1] as the network sees them (where the slices before and after are among its
    channels, the slice itself), ``heat`` (S, S), signed; ``slice`` of a volume, from 1, or ``None``."""

    pixels: NDArray[np.float32]
    heat: NDArray[np.float32]
    slice: int | None


class HeatMaps:
    """A bundle opened for explanations by the method of a name.

    Raises ``UsageError`` where the method does not fit the bundle: what works is named.
    """

    def __init__(self, bundle: Bundle, job: Job, method: str, *, reader: ImageReader, engine: str = "auto") -> None:
        self._explainer = make_explainer(method)
        self._network = open_network(job, bundle.head, engine=engine)
        if self._explainer.needs_gradient:
            require_gradient(self._network, method)
        self._preprocessing, self._reader = bundle.preprocessing, reader

    def of(self, picture: Picture, target: int, slices: Sequence[int] = ()) -> list[HeatMap]:
        """One map of a picture, or one a slice (numbers from 0) of a volume. Raises ``ReaderError``."""
        if picture.member != WHOLE:
            return [self._drawn(picture, target, None)]
        return [self._drawn(replace(picture, member=slice_member(number)), target, number + 1) for number in slices]

    def perturbed(self, map_: HeatMap, target: int) -> Perturbed:
        """How the answer for a picture falls and rises as what its map names first is blurred away and given back."""
        return perturbation_curves(self._network, map_.pixels[None], map_.heat, target)

    def _drawn(self, picture: Picture, target: int, number: int | None) -> HeatMap:
        pixels = self._preprocessing.apply(self._reader.read(picture.path, picture.member))
        shown = pixels[1:2] if self._preprocessing.planes == 3 else pixels
        return HeatMap(shown, self._explainer(self._network, pixels[None], target), number)


def explained_class(bundle: Bundle, chances: NDArray[np.float64]) -> NDArray[np.int64]:
    """(n,) the class or label that is explained, for the answers (n, classes)."""
    called, positive = bundle.called(chances), bundle.task.positive_index
    if bundle.task.kind == "multi-label":
        liked = np.where((called == 1) | ~(called == 1).any(axis=1, keepdims=True), chances, -1.0)
        return np.asarray(liked.argmax(axis=1), np.int64)
    return called if positive is None else np.full(len(chances), positive, np.int64)


def telling_slices(bundle: Bundle, embedding: CaseEmbedding, case: int, target: int) -> list[int]:
    """Numbers (from 0) of the slices of a case that count most for the class; where the head hears all alike, those
    that would speak for it most strongly alone."""
    bags = embedding.bags.take(np.array([case]))
    weights = bundle.head.attention(bags)
    strength = bundle.head.answers(Bags.single(bags.rows)) if weights is None else weights
    best = np.argsort(-strength[:, target], kind="stable")[:_SLICES]
    first = int(embedding.bags.starts[case])
    return [int(embedding.slice_numbers[first + row]) for row in best]
