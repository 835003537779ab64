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
    pairs = _candidates(features[rows], sheets.grey, np.array([fact.dhash for fact in known], dtype=np.uint64))
    whose = [None if patients is None else patients[row] for row in rows]
    judged = _judged(sheets, pairs, features[rows])
    usual = _usual_agreement(judged, len(pairs))
    limit = max(_COPY, usual + _ABOVE_USUAL * (1.0 - usual))
    found = []
    for one, other, value, way in judged:
        same_patient = whose[one] is not None and whose[one] == whose[other]
        if value >= (max(limit, _COPY_OF_ONE_PATIENT) if same_patient else limit):
            found.append(NearPair(int(rows[one]), int(rows[other]), round(min(value, 1.0), 4), ORIENTATIONS[way]))
    return sorted(found, key=lambda pair: (pair.first, -pair.likeness, pair.second))


_Judged = list[tuple[int, int, float, int]]


def _judged(sheets: Sheets, pairs: NDArray[np.int64], features: NDArray[np.float32]) -> _Judged:
    """Each pair that is worth a look: its rows, its agreement, its orientation."""
    fit = sheets.register(pairs)
    # A copy that was cropped fits only when it is enlarged, which is costly: tried with the nearest in the embedding.
    centred = features - features.mean(axis=0)
    nearest = np.sort(_nearest(centred, centred, _ENLARGED_PARTNERS), axis=1)
    close = {(int(one), int(other)) for one, other in nearest}
    judged = []
    for number in np.flatnonzero(fit.likeness >= _WORTH_A_LOOK):
        one, other, way = int(pairs[number, 0]), int(pairs[number, 1]), int(fit.orientation[number])
        value = sheets.agreement(one, other, way, fit.shift[number])
        if value < _COPY_OF_ONE_PATIENT and (one, other) in close:
            plain = float(fit.likeness[number])
            value = max(value, *(sheets.agreement_enlarged(*pair, way, plain) for pair in ((one, other), (other, one))))
        judged.append((one, other, value, way))
    return judged


def _usual_agreement(judged: _Judged, pairs: int) -> float:
    """How far likely pairs of this cohort agree that are no copies: the upper quartile over all ``pairs`` that were
    candidates; those that were not worth a look count as nothing. Few pairs say nothing about what is usual."""
    if pairs < _FEWEST_PAIRS:
        return 0.0
    values = np.zeros(max(pairs, len(judged), 1))
    values[: len(judged)] = [value for _, _, value, _ in judged]
    return float(np.quantile(np.maximum(values, 0.0), 0.75))


def _candidates(
    features: NDArray[np.float32], grey: NDArray[np.uint8], hashes: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Pairs (m, 2), smaller number first, each once."""
    centred = features - features.mean(axis=0)
    step = SIDE // 16
    coarse = grey.reshape(len(grey), 16, step, 16, step).mean(axis=(2, 4), dtype=np.float32)
    pairs = [_nearest(centred, centred, _NEIGHBOURS), _close_hashes(hashes)]
    plain = coarse.reshape(len(coarse), -1)
    for flips in ((), (2,), (1,), (1, 2)):
        turned = np.flip(coarse, flips).reshape(len(coarse), -1) if flips else plain
        pairs.append(_nearest(_levelled(plain), _levelled(turned), _NEIGHBOURS_BY_LOOKS))
    every = np.sort(np.concatenate(pairs), axis=1)
    return np.unique(every[every[:, 0] != every[:, 1]], axis=0)


def _levelled(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows - rows.mean(axis=1, keepdims=True))


def _nearest(rows: NDArray[np.float32], others: NDArray[np.float32], wanted: int) -> NDArray[np.int64]:
    """Each row with the ``wanted`` others at the smallest angle, itself among them."""
    rows, others = (item / np.maximum(np.linalg.norm(item, axis=1, keepdims=True), 1e-12) for item in (rows, others))
    count = min(wanted + 1, len(others))
    found = []
    for start in range(0, len(rows), _CHUNK):
        closeness = rows[start : start + _CHUNK] @ others.T
        best = np.argpartition(-closeness, count - 1, axis=1)[:, :count]
        place = np.repeat(np.arange(start, start + len(closeness)), count)
        found.append(np.stack([place, best.ravel()], axis=1))
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
