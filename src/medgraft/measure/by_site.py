"""One row a site: how well it is answered for as a new site, and how well as a known one, on the same cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.subgroups import group_sizes
from medgraft.measure.ties import find_ties

__all__ = ["site_rows"]

_NEW, _KNOWN = "new", "known"


def site_rows(
    y_true: NDArray[Any],
    new: NDArray[np.float64],
    known: NDArray[np.float64] | None,
    sites: tuple[Sequence[str], NDArray[np.int64]],
    *,
    positive: int | None = None,
    groups: NDArray[Any] | None = None,
) -> list[dict[str, Any]]:
    """``new`` (n, k): answers by models that have not seen the case's site (NaN: none); ``known`` (repeats, n, k):
    out-of-fold answers by models that have, or ``None``; ``sites``: their names, and the number of each case's.

    AUROC with 95 % intervals by bootstrap over patients; ``gap`` = new − known, paired. Where a site has one class, or
    no answer, they are ``None``.
    """
    names, site = sites
    if new.shape[:1] != y_true.shape or site.shape != y_true.shape:
        raise UsageError(f"rows by site: answers {new.shape}, labels {y_true.shape} and sites {site.shape} differ")
    rows = []
    for number, name in enumerate(names):
        member = (site == number) & ~np.isnan(new[:, 0])
        row: dict[str, Any] = {"site": name, **group_sizes(site == number, groups)}
        own = None if groups is None else groups[member]
        rows.append(
            {
                **row,
                **_compared(y_true[member], new[member], None if known is None else known[:, member], positive, own),
            }
        )
    return rows


def _compared(
    truth: NDArray[Any],
    new: NDArray[np.float64],
    known: NDArray[np.float64] | None,
    positive: int | None,
    groups: NDArray[Any] | None,
) -> dict[str, Any]:
    """``auroc``, ``known_auroc`` and ``gap`` of one site."""
    found: dict[str, Any] = {"auroc": None, "known_auroc": None, "gap": None}
    answers = {_NEW: new[None]} if known is None else {_NEW: np.repeat(new[None], len(known), axis=0), _KNOWN: known}
    try:
        ties = find_ties(truth, answers, positive=positive, groups=groups)
    except (DataError, UsageError):  # one class, or nothing at all
        return found
    one = ties.candidates[0]
    found["auroc"] = {"value": one.value, "low": one.low, "high": one.high}
    if known is None:
        return found
    other = ties.candidates[1]
    found["known_auroc"] = {"value": other.value, "low": other.low, "high": other.high}
    if ties.best == _NEW:
        limits = (-other.difference_high, -other.difference_low)
    else:
        limits = (one.difference_low, one.difference_high)
    found["gap"] = {"value": one.value - other.value, "low": limits[0], "high": limits[1]}
    return found
