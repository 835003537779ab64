"""Near-duplicates: the same picture again, re-encoded, resized, mirrored, brightened or cropped.

Candidates are pairs that one of three views finds close: the backbone's embedding, the small grey picture in four
orientations, and the perceptual hash. Each candidate is then laid upon the other (``alignment``), and stays only if
their fine structure agrees: likeness of anatomy is no evidence. Pictures without fine structure are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.facts import PixelFacts
from medgraft.insight.audit.alignment import ORIENTATIONS, SIDE, Sheets, stacked_grey

__all__ = ["NearPair", "find_near_pairs"]

_NEIGHBOURS, _NEIGHBOURS_BY_LOOKS = 8, 4
_HASH_DISTANCE, _MOST_BY_HASH = 6, 8
_COPY, _COPY_OF_ONE_PATIENT = 0.65, 0.95
"""Agreement from which a pair shows one picture, at least. Two films of one patient in one pose reach up to 0.9."""
_ABOVE_USUAL = 0.65
"""Where strangers agree much already (one device, little noise), a copy has to close this part of the gap to 1."""
_FEWEST_PAIRS = 200
_WORTH_A_LOOK = 0.6
"""Likeness of the coarser structure that every copy has (measured: 0.65 and more, also when cropped by 5 %)."""
_ENLARGED_PARTNERS = 6
_CHUNK = 1024


@dataclass(frozen=True)
class NearPair:
    """Two rows of the cohort that show the same picture: ``likeness`` of their finest structure (0 to 1), and how the
    second lies on the first."""

    first: int
    second: int
    likeness: float
    orientation: str


def find_near_pairs(
    features: NDArray[np.float32],
    facts: Sequence[PixelFacts | None],
    patients: Sequence[str | None] | None = None,
    grey: NDArray[np.uint8] | None = None,
) -> list[NearPair]:
    """Pairs of rows, best first within a row. ``features`` (n, d) are the backbone's; rows without facts are skipped.

    ``grey``: the pictures (``stacked_grey`` of all thumbnails), where they are at hand. ``patients``: pairs that are
    known to be of one patient are named only where they are surely one picture.
    """
    rows = np.array([row for row, fact in enumerate(facts) if fact is not None and fact.thumbnail], dtype=np.int64)
    if len(rows) < 2:
        return []
    known = [fact for fact in (facts[row] for row in rows) if fact is not None]
    sheets = Sheets(stacked_grey([fact.thumbnail for fact in known]) if grey is None else grey[rows])
    neighbours = _nearest_by(features[rows] - features[rows].mean(axis=0), wanted=_NEIGHBOURS)
    pairs = _candidates(neighbours, sheets.grey, np.array([fact.dhash for fact in known], dtype=np.uint64))
    whose = [None if patients is None else patients[row] for row in rows]
    judged = _judged(sheets, pairs, neighbours)
    usual = _usual_agreement(judged, len(pairs))
    limit = max(_COPY, usual + _ABOVE_USUAL * (1.0 - usual))
    found = []
    for one, other, value, way in judged:
        same_patient = whose[one] is not None and whose[one] == whose[other]
        if value >= (max(limit, _COPY_OF_ONE_PATIENT) if same_patient else limit):
            found.append(NearPair(int(rows[one]), int(rows[other]), round(min(value, 1.0), 4), ORIENTATIONS[way]))
    return sorted(found, key=lambda pair: (pair.first, -pair.likeness, pair.second))


_Judged = list[tuple[int, int, float, int]]


def _judged(sheets: Sheets, pairs: NDArray[np.int64], neighbours: NDArray[np.int64]) -> _Judged:
    """Each pair that is worth a look: its rows, its agreement, its orientation."""
    fit = sheets.register(pairs)
    worth = np.flatnonzero(fit.likeness >= _WORTH_A_LOOK)
    pairs, fit = pairs[worth], fit[worth]
    values = sheets.agreement(pairs, fit)
    # A copy that was cropped fits only when it is enlarged, which is costly: tried with the nearest in the embedding.
    close = {(min(pair), max(pair)) for pair in _as_pairs(neighbours[:, : _ENLARGED_PARTNERS + 1]).tolist()}
    near = np.array([(one, other) in close for one, other in pairs.tolist()], dtype=bool)
    tried = np.flatnonzero(near & (values < _COPY_OF_ONE_PATIENT))
    for way in (pairs[tried], pairs[tried, ::-1]):
        values[tried] = np.maximum(values[tried], sheets.agreement_enlarged(way, fit[tried]))
    return list(zip(*pairs.T.tolist(), values.tolist(), fit.orientation.tolist(), strict=True))


def _usual_agreement(judged: _Judged, pairs: int) -> float:
    """How far likely pairs of this cohort agree that are no copies: the upper quartile over all ``pairs`` that were
    candidates; those that were not worth a look count as nothing. Few pairs say nothing about what is usual."""
    if pairs < _FEWEST_PAIRS:
        return 0.0
    values = np.zeros(max(pairs, len(judged), 1))
    values[: len(judged)] = [value for _, _, value, _ in judged]
    return float(np.quantile(np.maximum(values, 0.0), 0.75))


def _candidates(
    neighbours: NDArray[np.int64], grey: NDArray[np.uint8], hashes: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Pairs (m, 2), smaller number first, each once. ``neighbours`` (n, k): the nearest in the embedding."""
    step = SIDE // 16
    coarse = grey.reshape(len(grey), 16, step, 16, step).mean(axis=(2, 4), dtype=np.float32)
    pairs = [_as_pairs(neighbours), _close_hashes(hashes)]
    plain = coarse.reshape(len(coarse), -1)
    for flips in ((), (2,), (1,), (1, 2)):
        turned = np.flip(coarse, flips).reshape(len(coarse), -1) if flips else plain
        pairs.append(_as_pairs(_nearest_by(_levelled(plain), _levelled(turned), wanted=_NEIGHBOURS_BY_LOOKS)))
    every = np.sort(np.concatenate(pairs), axis=1)
    return np.unique(every[every[:, 0] != every[:, 1]], axis=0)


def _as_pairs(neighbours: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n, k) of neighbours' numbers → (n k, 2), each row's number before a neighbour's."""
    place = np.repeat(np.arange(len(neighbours)), neighbours.shape[1])
    return np.stack([place, neighbours.ravel()], axis=1)


def _levelled(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows - rows.mean(axis=1, keepdims=True))


def _nearest_by(
    rows: NDArray[np.float32], others: NDArray[np.float32] | None = None, *, wanted: int
) -> NDArray[np.int64]:
    """The ``wanted`` others (without them: rows) at the smallest angle to each row, and the row itself where it is
    among them, nearest first: (n, wanted + 1), less where there are fewer."""
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    second = unit if others is None else others / np.maximum(np.linalg.norm(others, axis=1, keepdims=True), 1e-12)
    count = min(wanted + 1, len(second))
    found = []
    for start in range(0, len(unit), _CHUNK):
        closeness = unit[start : start + _CHUNK] @ second.T
        best = np.argpartition(-closeness, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(closeness, best, axis=1), axis=1, kind="stable")
        found.append(np.take_along_axis(best, order, axis=1))
    return np.concatenate(found)


def _close_hashes(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Pairs whose 64-bit difference hashes differ in few bits. A hash that is nearly all zeros (a flat picture), or
    close to many others (pictures that are all alike from afar), says nothing."""
    telling = np.flatnonzero(np.bitwise_count(hashes) >= 8)
    found = [np.zeros((0, 2), np.int64)]
    for start in range(0, len(telling), _CHUNK):
        part = telling[start : start + _CHUNK]
        close = np.bitwise_count(hashes[part, None] ^ hashes[None, telling]) <= _HASH_DISTANCE
        close[close.sum(axis=1) > _MOST_BY_HASH] = False
        one, other = np.nonzero(close)
        found.append(np.stack([part[one], telling[other]], axis=1))
    return np.concatenate(found)
