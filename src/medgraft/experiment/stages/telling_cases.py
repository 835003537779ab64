"""Which cases are looked at closely: the surest right answers, the surest wrong ones, and those near the cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.experiment.stages.heat_maps import explained_class
from medgraft.transfer.models.bundle import Bundle

__all__ = ["KINDS", "TellingCase", "telling_cases"]

KINDS = ("best", "worst", "borderline")


@dataclass(frozen=True)
class TellingCase:
    """``row`` of the answers; ``target``: the class or label that is explained."""

    row: int
    kind: str
    target: int


@dataclass(frozen=True)
class _Answers:
    """One item a case, or one a known label of a case: was it right, how far from the cut (0 to 1), and is it a
    finding, which is what there is to see in a picture."""

    row: NDArray[np.int64]
    target: NDArray[np.int64]
    right: NDArray[np.bool_]
    certainty: NDArray[np.float64]
    finding: NDArray[np.bool_]


def telling_cases(
    bundle: Bundle, chances: NDArray[np.float64], truth: NDArray[np.int64], number: int
) -> list[TellingCase]:
    """At most ``number`` of the answers (n, classes), a third of each kind where there are as many, in turn; each case
    once. ``truth`` as ``Task.targets`` gives it (negative: unknown). Of equals the first counts."""
    items = _several(bundle, chances, truth) if truth.ndim == 2 else _single(bundle, chances, truth)
    sure, near = -items.certainty, items.certainty
    queues = {
        "best": _ordered(items.right, (~items.finding).astype(float), sure),
        "worst": _ordered(~items.right, sure, sure),
        "borderline": _ordered(np.ones(len(items.row), bool), near, near),
    }
    quota = {kind: -(-(number - place) // len(KINDS)) for place, kind in enumerate(KINDS)}
    found, taken = {kind: list[TellingCase]() for kind in KINDS}, set[int]()
    for kind in ("worst", "best", "borderline"):
        for item in queues[kind]:
            row = int(items.row[item])
            if len(found[kind]) < quota[kind] and row not in taken:
                taken.add(row)
                found[kind].append(TellingCase(row, kind, int(items.target[item])))
    longest = max(len(some) for some in found.values())
    return [found[kind][place] for place in range(longest) for kind in KINDS if place < len(found[kind])]


def _ordered(member: NDArray[np.bool_], first: NDArray[np.float64], then: NDArray[np.float64]) -> list[int]:
    """Numbers of the members, the smallest first."""
    return [int(item) for item in np.lexsort((then, first)) if member[item]]


def _single(bundle: Bundle, chances: NDArray[np.float64], truth: NDArray[np.int64]) -> _Answers:
    known = np.flatnonzero(truth >= 0)
    p, y, positive = chances[known], truth[known], bundle.task.positive_index
    called = bundle.called(p)
    if positive is None:
        top = np.sort(p, axis=1)
        certainty, finding = top[:, -1] - top[:, -2], np.ones(len(known), bool)
    else:
        certainty, finding = _from_cut(p[:, positive], bundle.calibration.threshold), y == positive
    return _Answers(known, explained_class(bundle, p), called == y, certainty, finding)


def _several(bundle: Bundle, chances: NDArray[np.float64], truth: NDArray[np.int64]) -> _Answers:
    rows, labels = np.nonzero(truth >= 0)
    called, calibration = bundle.called(chances), bundle.calibration
    cuts = [calibration.per_label.get(label, calibration).threshold for label in bundle.task.labels]
    certainty = np.stack([_from_cut(chances[:, place], cut) for place, cut in enumerate(cuts)], axis=1)
    right = called[rows, labels] == truth[rows, labels]
    return _Answers(rows, labels, right, certainty[rows, labels], truth[rows, labels] == 1)


def _from_cut(chance: NDArray[np.float64], cut: float | None) -> NDArray[np.float64]:
    """0 at the cut, 1 at either end."""
    at = min(max(0.5 if cut is None else cut, 1e-6), 1 - 1e-6)
    return np.where(chance < at, (at - chance) / at, (chance - at) / (1 - at))
