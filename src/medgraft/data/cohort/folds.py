"""Cases into parts: groups kept whole, class proportions kept near, everything from one seed.

The rule is a greedy one. Groups come largest first (ties in random order), and each goes to the part where it
raises Σ_part Σ_class p² / fraction least (p: the part's share of the class's cases), which is smallest when
every part holds its fraction of every class. A class that misses a part by bad luck gets its smallest groups
placed first and the rest follow again.

Where a case has several labels, each label and its absence is a class of this rule, and unknown is none: every part
gets its fraction of the positives and of the negatives of each label. The weight 1 / cases² makes the rarest label
decide, as in iterative stratification (Sechidis, Tsoumakas & Vlahavas 2011), and groups stay whole.

``labels`` are ``(n,)``, of any type, or ``(n, labels)`` of 1 (yes), 0 (no) and anything else (unknown).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import CohortError

__all__ = ["assign_parts", "folds_for", "grouped_folds", "membership"]

_ATTEMPTS = 20

Ints = NDArray[np.int64]


def grouped_folds(labels: NDArray[np.generic], groups: Ints, *, folds: int, seed: int) -> Ints:
    """The fold (0 … folds−1) of every row; ``groups`` is ``(n,)``; no group is in two folds.

    Raises ``CohortError`` where there are fewer groups than folds.
    """
    units = len(np.unique(groups))
    if units < folds:
        raise CohortError(
            f"making {folds} folds: there are only {units} independent groups of cases (patients, "
            "duplicates); "
            f"ask for at most {units} folds or add cases"
        )
    counts, group_of_row = _counts(labels, groups)
    part, _ = _greedy(counts, np.full(folds, 1.0 / folds), np.random.default_rng([seed, folds]), {})
    return part[group_of_row]


def membership(labels: NDArray[np.generic]) -> tuple[list[str], NDArray[np.bool_]]:
    """Names of the classes and who is in them (n, classes); of several labels first each label, then its absence."""
    if labels.ndim == 1:
        names, place = np.unique(labels, return_inverse=True)
        return [str(name) for name in names], place[:, None] == np.arange(len(names))
    signs = [f"{sign}{column + 1}" for sign in ("label ", "no label ") for column in range(labels.shape[1])]
    return signs, np.hstack([labels == 1, labels == 0])


def folds_for(labels: NDArray[np.generic], groups: Ints, wanted: int, seed: int) -> Ints | None:
    """A fold number a case; fewer folds where a class has fewer groups, ``None`` where it has one only."""
    groups_of = [len(np.unique(groups[inside])) for inside in membership(labels)[1].T]
    if min(wanted, *groups_of) < 2:
        return None
    return grouped_folds(labels, groups, folds=min(wanted, *groups_of), seed=seed)


def assign_parts(
    labels: NDArray[np.generic],
    groups: Ints,
    *,
    fractions: Sequence[float],
    seed: int,
    names: Sequence[str] | None = None,
) -> Ints:
    """The part of every row, sized by ``fractions`` (positive, sum 1); every class stands in every part. ``names`` of
    the classes, for errors.

    Raises ``CohortError`` naming the class and its number of groups where that cannot be.
    """
    share = np.asarray(fractions, dtype=np.float64)
    counts, group_of_row = _counts(labels, groups)
    names = list(names or membership(labels)[0])
    holders = (counts > 0).sum(axis=0)
    for index in np.flatnonzero(holders < len(share)):
        raise CohortError(
            f"splitting the cases into {len(share)} parts: the class {str(names[index])!r} has only "
            f"{int(holders[index])} independent group{'s' if holders[index] != 1 else ''} (patients, "
            "duplicates); "
            f"at least {len(share)} are needed: add cases, or "
            + ("merge the class into another with --label-map" if labels.ndim == 1 else "leave the label out")
        )
    pinned: dict[int, int] = {}
    missing: list[int] = []
    for attempt in range(_ATTEMPTS):
        rng = np.random.default_rng([seed, len(share), attempt])
        part, load = _greedy(counts, share, rng, pinned)
        missing = [int(index) for index in np.flatnonzero((load == 0).any(axis=0))]
        if not missing:
            return part[group_of_row]
        pinned = _pin(counts, missing, len(share), rng)
    raise CohortError(
        f"splitting the cases into {len(share)} parts: the class {str(names[missing[0]])!r} cannot stand in "
        "every part "
        f"({int(holders[missing[0]])} independent groups, shared with other classes); add cases or merge "
        "classes"
    )


def _counts(labels: NDArray[np.generic], groups: Ints) -> tuple[Ints, Ints]:
    """Cases ``(groups, classes)``, and the number of each row's group."""
    inside = membership(labels)[1]
    units, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(units), inside.shape[1]), dtype=np.int64)
    np.add.at(counts, group, inside)
    return counts, group.astype(np.int64)


def _greedy(
    counts: Ints, share: NDArray[np.float64], rng: np.random.Generator, pinned: dict[int, int]
) -> tuple[Ints, Ints]:
    """Part of every group, and the cases ``(parts, classes)`` that each part holds then."""
    weight = (1.0 / np.maximum(counts.sum(axis=0), 1).astype(np.float64) ** 2).tolist()
    order = rng.permutation(len(counts))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    lot = rng.random((len(counts), len(share))).tolist()
    part = [-1] * len(counts)
    # Plain numbers: a group has one or two classes, and arrays this small cost more than what they hold.
    load = [[0] * counts.shape[1] for _ in share]
    holds = [[(int(c), int(row[c])) for c in np.flatnonzero(row)] for row in counts]
    shares = share.tolist()

    def place(group: int, chosen: int) -> None:
        part[group] = chosen
        for label, cases in holds[group]:
            load[chosen][label] += cases

    for group, chosen in pinned.items():
        place(group, chosen)
    for group in order.tolist():
        if part[group] >= 0:
            continue
        cost = [
            sum((2 * held[label] + cases) * cases * weight[label] for label, cases in holds[group]) / wanted
            for held, wanted in zip(load, shares, strict=True)
        ]
        near = [p for p, value in enumerate(cost) if value <= min(cost) * (1 + 1e-9)]
        size = [sum(load[p]) / shares[p] for p in near]
        near = [p for p, value in zip(near, size, strict=True) if value <= min(size) * (1 + 1e-9)]
        place(group, min(near, key=lambda p: lot[group][p]))
    return np.array(part, dtype=np.int64), np.array(load, dtype=np.int64)


def _pin(counts: Ints, missing: list[int], parts: int, rng: np.random.Generator) -> dict[int, int]:
    """A small group of each class in ``missing`` for every part, the rarest class first."""
    pinned: dict[int, int] = {}
    for index in sorted(missing, key=lambda item: int((counts[:, item] > 0).sum())):
        members = rng.permutation(np.flatnonzero(counts[:, index] > 0))
        members = members[np.argsort(counts[members].sum(axis=1), kind="stable")]
        held = {pinned[int(group)] for group in members if int(group) in pinned}
        free = [int(group) for group in members if int(group) not in pinned]
        for place in reversed(range(parts)):
            if place not in held and free:
                pinned[free.pop(0)] = place
    return pinned
