"""A stand-in for the target that has labels: the source's pictures, taken as the target's seem to have been.

Which changes of acquisition make the source look like the target is found by trying (analysis by synthesis): from the
pictures as they are, the one step of ``acquisition.KINDS`` that brings the features of some source cases nearest to
those of the target, then another on top, as long as it also brings *other* patients of the source markedly nearer.
Nothing but features is compared, and no label of the target is looked at. Where the distance is closed, the stand-in
shows what the shift does to a model, with labels: methods can be judged on it, and a probe can be fitted to it.
``explained`` says how much of it is closed. What differs in the patients is not to be had this way.

Source: Kar et al. 2019, Meta-Sim: Learning to Generate Synthetic Datasets (parameters of a simulator by the kernel
distance of features); Zhang et al. 2020, Generalizing Deep Learning for Medical Image Segmentation to Unseen Domains
via Deep Stacked Transformation (scanners differ by few simple transformations).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.shift.kernel_distance import KernelDistance
from medgraft.progress import Progress
from medgraft.transfer.adaptation.acquisition import KINDS, Acquisition, Step, levels_of, told
from medgraft.transfer.models.root import signed_root

__all__ = ["EXPLAINED", "SourcePictures", "StandIn", "find_stand_in"]

EXPLAINED = 0.5
"""Share of the distance from which a stand-in is worth judging by."""
_CASES, _TARGETS = 64, 400
_MARKED = 0.85
"""A further step must leave at most this of the distance."""
_STEPS = 3
_COARSE = (1, 3, 5)


class SourcePictures(Protocol):
    """Pictures of the source's cases, by row, and the network that their features come from."""

    def features(self, rows: NDArray[np.int64], acquisition: Acquisition) -> NDArray[np.float32]:
        """(len(rows), d): of the pictures, taken so."""
        ...


@dataclass(frozen=True)
class StandIn:
    """``features`` (n, d) of the source's cases, in their order, under ``acquisition``. ``before`` and ``after``:
    squared distance of held-out source patients to the target, as they are and under it."""

    features: NDArray[np.float32]
    acquisition: Acquisition
    before: float
    after: float

    @property
    def explained(self) -> float:
        """Share of the distance that is closed, from 0 to 1."""
        return float(np.clip(1 - self.after / self.before, 0, 1)) if self.before > 0 else 0.0

    @property
    def serves(self) -> bool:
        """Whether it is like enough to the target to judge by."""
        return bool(self.acquisition) and self.explained >= EXPLAINED

    def take(self, rows: NDArray[np.integer]) -> StandIn:
        """The same of some source cases."""
        return StandIn(self.features[rows], self.acquisition, self.before, self.after)

    def facts(self) -> dict[str, Any]:
        """Plain data for the record."""
        distances = {"before": round(self.before, 6), "after": round(self.after, 6)}
        return {"steps": told(self.acquisition), "explained": round(self.explained, 4), "distance": distances}


def find_stand_in(
    source: NDArray[np.float32],
    groups: NDArray[np.int64],
    target: NDArray[np.float32],
    pictures: SourcePictures,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> StandIn:
    """``source`` (n, d) features of the cases of ``pictures``, of patients ``groups`` (n,); ``target`` (m, d)."""
    rng = np.random.default_rng((seed, 7))
    tried, held = _two_halves(groups, rng)
    some = rng.permutation(len(target))[:_TARGETS]
    reference = source[np.concatenate([tried, held])]
    distance = KernelDistance(signed_root(target[some]), signed_root(reference))
    search = _Search(pictures, tried, held, distance, progress or Progress())
    before = distance(signed_root(source[held]))
    acquisition, after = search.greedy(distance(signed_root(source[tried])), before)
    everyone = np.arange(len(source), dtype=np.int64)
    features = pictures.features(everyone, acquisition) if acquisition else source
    return StandIn(features, acquisition, before, after)


def _two_halves(groups: NDArray[np.int64], rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of some cases and of some cases of other patients."""
    patients = rng.permutation(np.unique(groups))
    first = np.isin(groups, patients[: len(patients) // 2])
    rows = rng.permutation(len(groups))
    return rows[first[rows]][:_CASES], rows[~first[rows]][:_CASES]


@dataclass(frozen=True)
class _Search:
    """``tried``, ``held``: rows that steps are chosen on, and rows that say whether they help."""

    pictures: SourcePictures
    tried: NDArray[np.int64]
    held: NDArray[np.int64]
    distance: KernelDistance
    progress: Progress

    def greedy(self, here: float, held: float) -> tuple[Acquisition, float]:
        """Steps, and what they leave of the distance of the held-out cases."""
        found: Acquisition = ()
        for number in range(_STEPS):
            step, near = self._best(found, f"looking for change {number + 1} of acquisition")
            left = self._of(self.held, (*found, step))
            if near > _MARKED * here or left > _MARKED * held:
                break
            found, here, held = (*found, step), near, left
        return found, held

    def _best(self, so_far: Acquisition, label: str) -> tuple[Step, float]:
        """The step that brings the tried cases nearest: on a coarse grid of all, then between its points."""
        used = {step.kind for step in so_far}
        grid = [
            Step(kind, level)
            for kind in KINDS
            if kind not in used
            for level in (_COARSE if len(levels_of(kind)) > 1 else levels_of(kind))
        ]
        distances = {
            step: self._of(self.tried, (*so_far, step))
            for step in self.progress.track(grid, total=len(grid), label=label)
        }
        best = min(distances, key=lambda step: distances[step])
        for level in (best.severity - 1, best.severity + 1):
            if level in levels_of(best.kind) and level not in _COARSE:
                finer = Step(best.kind, level)
                distances[finer] = self._of(self.tried, (*so_far, finer))
        best = min(distances, key=lambda step: distances[step])
        return best, distances[best]

    def _of(self, rows: NDArray[np.int64], acquisition: Acquisition) -> float:
        return self.distance(signed_root(self.pictures.features(rows, acquisition)))
