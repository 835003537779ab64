"""The negative-transfer guard: the source's model is kept unless evidence without labels is for adapting.

Most adaptations harm somewhere, and no score without labels is right everywhere. So several scores vote, each on
several draws of the target's patients or several seeds: the candidate that is best in the mean rank is taken only where
there is a shift to mend, its own detector sees no collapse, most scores put it above the source's model, and nearly all
votes do. What is said of sureness is that share of votes, made smaller for few of them; scores agree with each other,
so it is no probability of being right until it was compared with outcomes.

Source: the rule of succession (Laplace) for few votes; Musgrave, Belongie & Lim 2022, Three New Validators and a
Large-Scale Benchmark Ranking for Unsupervised Domain Adaptation (no validator is best everywhere).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError

__all__ = ["Verdict", "guard"]

Array = NDArray[np.float64]

SOURCE = 0
"""The place of source-only among the candidates."""


@dataclass(frozen=True)
class Verdict:
    """``chosen``: the place of the candidate that is used, 0 for source-only. ``best``: the one that was considered.
    ``sureness`` in (0, 1) that ``best`` is better than source-only; ``votes``: each score's share for it; ``reason`` in
    words."""

    chosen: int
    best: int
    sureness: float
    votes: dict[str, float] = field(default_factory=dict)
    reason: str = ""

    @property
    def adapts(self) -> bool:
        """Whether anything but the source's model is used."""
        return self.chosen != SOURCE


def guard(
    scores: Mapping[str, NDArray[np.float64]],
    *,
    collapsed: Sequence[str | None],
    objection: str | None = None,
    least: float = 0.8,
) -> Verdict:
    """``scores``: by name, of each candidate (c,), or of each draw and candidate (draws, c), higher is better, the
    source's model first; NaN where a score says nothing of one. ``collapsed`` (c,): why one is out, or ``None``.
    ``objection``: what speaks against adapting whatever the scores say. ``least``: sureness from which a candidate is
    used.

    Raises ``UsageError`` for shapes that do not fit.
    """
    tables = {name: np.atleast_2d(np.asarray(values, np.float64)) for name, values in scores.items()}
    wrong = [name for name, table in tables.items() if table.ndim != 2 or table.shape[1] != len(collapsed)]
    if wrong or not tables or not len(collapsed):
        raise UsageError(
            f"guarding against negative transfer: {len(collapsed)} candidates, and scores "
            f"{', '.join(wrong) or 'none'} of another number; give each score a value a candidate, source-only first"
        )
    open_to = [place for place, why in enumerate(collapsed) if place != SOURCE and why is None]
    if not open_to:
        return Verdict(SOURCE, SOURCE, 0.5, {}, "no candidate is left: all have collapsed, or there is none")
    ranks = _mean(np.stack([_ranks(table) for table in tables.values()]))
    best = max(open_to, key=lambda place: (np.nan_to_num(ranks[place], nan=-1.0), -place))
    votes = {name: _share(table, best) for name, table in tables.items()}
    heard = [share for share in votes.values() if np.isfinite(share)]
    sureness = (sum(heard) + 1) / (len(heard) + 2)
    told = {name: share for name, share in votes.items() if np.isfinite(share)}
    reason = objection or _too_little(heard, sureness, least)
    if reason is not None:
        return Verdict(SOURCE, best, sureness, told, reason)
    return Verdict(
        best, best, sureness, told, f"{sum(share > 0.5 for share in heard)} of {len(heard)} scores are for it"
    )


def _too_little(heard: list[float], sureness: float, least: float) -> str | None:
    """Why the source's model is kept."""
    if 2 * sum(share > 0.5 for share in heard) <= len(heard):
        return f"{sum(share > 0.5 for share in heard)} of {len(heard)} scores are for it, more than half are needed"
    if sureness < least:
        return f"a sureness of {sureness:.2f}, {least:.2f} is needed"
    return None


def _ranks(table: Array) -> Array:
    """(c,) mean ranks over draws, from 0 (worst) to 1, equal ones sharing theirs; NaN where nothing is said."""
    below = (table[:, None, :] < table[:, :, None]).sum(axis=2)
    alike = (table[:, None, :] == table[:, :, None]).sum(axis=2) - 1
    said = np.isfinite(table)
    others = np.maximum(said.sum(axis=1, keepdims=True) - 1, 1)
    return _mean(np.where(said, (below + 0.5 * alike) / others, np.nan))


def _mean(values: Array) -> Array:
    """Over the first axis, of what is a number; NaN where nothing is."""
    said = np.isfinite(values)
    total = np.where(said, values, 0.0).sum(axis=0)
    return np.where(said.any(axis=0), total / np.maximum(said.sum(axis=0), 1), np.nan)


def _share(table: Array, place: int) -> float:
    """The share of draws in which a candidate is above the source's model, equal ones half; NaN where none says."""
    gap = table[:, place] - table[:, SOURCE]
    gap = gap[np.isfinite(gap)]
    return float(np.mean((gap > 0) + 0.5 * (gap == 0))) if len(gap) else float("nan")
