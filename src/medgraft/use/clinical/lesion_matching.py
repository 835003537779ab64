"""Which connected part of a structure is which lesion, from study to study of one patient.

A part is the lesion that it shares most voxels with, where that was last seen, by its place in the patient; parts of
one lesion may be several (it broke up), and a part over two lesions is the one that it shares more with (they grew
together, and that is told). What shares nothing is the nearest lesion left, one to one and at the smallest sum of
distances between centroids, within ``gate_mm``; what is then left is new. Studies are not registered: a patient who lay
elsewhere on the table has moved lesions, and beyond the gate they count as gone and new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from medgraft.measure.segmentation.mask_pair import components

__all__ = ["Tracked", "match_lesions"]

Numbered = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tracked:
    """``numbered``: one map a study, of the numbers of lesions (1 …, 0 elsewhere), the same in all studies. ``merged``:
    (study, lesion that is no longer apart, lesion that it grew together with)."""

    numbered: tuple[Numbered, ...]
    count: int
    merged: tuple[tuple[int, int, int], ...]


def match_lesions(masks: Sequence[NDArray[np.bool_]], affines: Sequence[Floats], *, gate_mm: float) -> Tracked:
    """Of one structure, ``masks`` in order of time with ``affines``: (axes + 1) square, index → mm (or voxels)."""
    done: list[Numbered] = []
    last: dict[int, int] = {}  # lesion → the study in which it was seen last
    merged: list[tuple[int, int, int]] = []
    for study, (mask, affine) in enumerate(zip(masks, affines, strict=True)):
        parts, count = components(mask)
        shared = _shared_voxels(parts, count, affine, done, affines, last)
        own = {part: max(over, key=lambda one: (over[one], -one)) for part, over in shared.items() if over}
        taken = set(own.values())
        for part, over in shared.items():
            merged += [(study, lesion, own[part]) for lesion in sorted(over) if lesion not in taken]
        gone = taken | {lesion for at, lesion, _ in merged if at == study}
        left = [part for part in range(1, count + 1) if part not in own]
        own |= _nearest(parts, left, affine, _centroids(done, affines, last, gone), gate_mm)
        for part in left:
            own.setdefault(part, max([*last, *own.values()], default=0) + 1)
        table = np.array([0, *(own[part] for part in range(1, count + 1))], dtype=np.int32)
        done.append(table[parts])
        last |= dict.fromkeys(own.values(), study)
    return Tracked(tuple(done), max(last, default=0), tuple(merged))


def _shared_voxels(
    parts: Numbered,
    count: int,
    affine: Floats,
    done: Sequence[Numbered],
    affines: Sequence[Floats],
    last: dict[int, int],
) -> dict[int, dict[int, int]]:
    """``{part: {lesion: voxels}}``: how many voxels of a part lie where a lesion was seen last."""
    found: dict[int, dict[int, int]] = {part: {} for part in range(1, count + 1)}
    index = np.argwhere(parts)
    own = parts[tuple(index.T)]
    for study in sorted(set(last.values())):
        there = done[study]
        moved = np.linalg.inv(affines[study]) @ affine
        place = np.rint(index @ moved[:-1, :-1].T + moved[:-1, -1]).astype(np.int64)
        inside = ((place >= 0) & (place < there.shape)).all(axis=1)
        lesions = there[tuple(place[inside].T)]
        pairs, voxels = np.unique(np.stack([own[inside], lesions]), axis=1, return_counts=True)
        for part, lesion, number in zip(*pairs.tolist(), voxels.tolist(), strict=True):
            if lesion and last[lesion] == study:
                found[part][lesion] = number
    return found


def _centroids(
    done: Sequence[Numbered], affines: Sequence[Floats], last: dict[int, int], without: set[int]
) -> dict[int, Floats]:
    """In mm, of lesions where they were seen last."""
    return {
        lesion: _centroid(done[study] == lesion, affines[study])
        for lesion, study in last.items()
        if lesion not in without
    }


def _centroid(mask: NDArray[np.bool_], affine: Floats) -> Floats:
    middle = np.array(ndimage.center_of_mass(mask))
    return np.asarray(affine[:-1, :-1] @ middle + affine[:-1, -1])


def _nearest(
    parts: Numbered, left: Sequence[int], affine: Floats, lesions: dict[int, Floats], gate_mm: float
) -> dict[int, int]:
    """Parts to lesions one to one, at the smallest sum of distances, none beyond the gate."""
    if not left or not lesions:
        return {}
    places = np.stack([_centroid(parts == part, affine) for part in left])
    names = list(lesions)
    apart = np.linalg.norm(places[:, None] - np.stack([lesions[name] for name in names])[None], axis=2)
    # A pair beyond the gate costs more than all pairs within it, so that it is never taken in their stead.
    cost = np.where(apart <= gate_mm, apart, (gate_mm + 1) * (len(left) + len(names)))
    rows, columns = linear_sum_assignment(cost)
    return {
        left[row]: names[column]
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if apart[row, column] <= gate_mm
    }
