"""When not to rely on a single answer: the set of labels that fit a case, and the reason to abstain.

- *not like the training pictures*: the gate refuses it. It keeps its probabilities and gets neither label nor set.
- *empty picture*: less than one of 256 shades of contrast. The same, also where there is no gate.
- *set of N*, *no label fits*: at the chance that was asked for, the labels that cannot be ruled out are several, or
  none. It keeps its label, the most fitting one, which should not be relied on alone.

Of several labels a case the set names those that cannot be ruled out, and *N of them undecided* says how many may as
well be absent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.source.embedding.cases import CaseEmbedding
from medgraft.transfer.models.bundle import Bundle

__all__ = ["EMPTY", "STRANGE", "Reliance", "reliance_of"]

STRANGE, EMPTY = "not like the training pictures", "empty picture"
_CONTRAST = 1 / 256
"""Spread of the shades of a picture as shown, from 0 to 1, below which there is nothing on it."""


@dataclass(frozen=True)
class Reliance:
    """Of n cases: ``sets``, their labels joined by ``|`` (``None``: there are no sets); ``abstain``, the reason or
    empty; ``strangeness`` (n,), above 1 is refused, NaN where there is no gate."""

    sets: list[str | None]
    abstain: list[str]
    strangeness: NDArray[np.float64]

    @property
    def refused(self) -> NDArray[np.bool_]:
        """(n,): it is answered with no label."""
        return np.array([reason in (STRANGE, EMPTY) for reason in self.abstain], dtype=np.bool_)


def reliance_of(bundle: Bundle, embedding: CaseEmbedding, probability: NDArray[np.float64]) -> Reliance:
    """``probability`` (n, k) of the bundle; of a case that could not be read (NaN) nothing is said."""
    good = np.atleast_1d(np.isfinite(probability).all(axis=1))
    strangeness = np.full(len(good), np.nan)
    sets: list[str | None] = [None] * len(good)
    reasons = [""] * len(good)
    if good.any():
        if bundle.gate is not None:
            strangeness[good] = bundle.gate.strangeness(embedding.features[good])
        found = _sets(bundle, probability[good])
        for row, (said, reason) in zip(np.flatnonzero(good).tolist(), found, strict=True):
            facts = embedding.facts[row]
            refusal = EMPTY if facts is not None and facts.std < _CONTRAST else STRANGE if strangeness[row] > 1 else ""
            sets[row], reasons[row] = (None, refusal) if refusal else (said, reason)
    return Reliance(sets, reasons, strangeness)


def _sets(bundle: Bundle, probability: NDArray[np.float64]) -> list[tuple[str | None, str]]:
    """Of each case its set and what makes it unsure."""
    labels, nothing = bundle.task.labels, [(None, "")] * len(probability)
    if bundle.task.kind != "multi-label":
        inside = bundle.calibration.members(probability)
        return list(nothing) if inside is None else [_told(labels, row) for row in inside]
    possible, open_ = np.zeros_like(probability, dtype=np.bool_), np.zeros(len(probability), dtype=np.int64)
    for place, label in enumerate(labels):
        one = bundle.calibration.per_label.get(label)
        yes = probability[:, place]
        pair = None if one is None else one.members(np.stack([1 - yes, yes], axis=1))
        if pair is None:
            return list(nothing)
        possible[:, place] = pair[:, 1]
        open_ += pair.sum(axis=1) != 1
    return [
        (
            "|".join(label for label, fits in zip(labels, row, strict=True) if fits),
            f"{n} of them undecided" if n else "",
        )
        for row, n in zip(possible, open_.tolist(), strict=True)
    ]


def _told(labels: tuple[str, ...], row: NDArray[np.bool_]) -> tuple[str, str]:
    size = int(row.sum())
    reason = "" if size == 1 else f"set of {size}" if size else "no label fits"
    return "|".join(label for label, fits in zip(labels, row, strict=True) if fits), reason
