"""Numbers in groups of cases (sex, age band, site, device), each beside the rest, with the price of looking often.

A group's numbers are those of ``evaluate`` on its cases. Whether AUROC, sensitivity and specificity (of more classes:
AUROC and accuracy) differ from the rest is tested once a group, of two groups once; p values are adjusted by Holm over
*all* tests of all columns that were asked about. Groups from fewer than five patients are not shown: their
numbers say nothing, and tell of persons.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.apart import Side, apart, auroc_sides, macro_sides, share_side
from medgraft.measure.evaluation import FEW, evaluate
from medgraft.measure.holm import holm
from medgraft.measure.intervals.delong import auroc_influence
from medgraft.measure.patients import Patients

__all__ = ["FEWEST_PATIENTS", "Answered", "group_sizes", "subgroups"]

FEWEST_PATIENTS = 5
_SHOWN = ("auroc", "accuracy", "sensitivity", "specificity", "brier")
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Answered:
    """Cases with their answers: ``truth`` and ``called`` (n,) class indices, ``chances`` (n, classes), ``patients``
    (n,) numbers or ``None``."""

    truth: NDArray[np.int64]
    chances: NDArray[np.float64]
    called: NDArray[np.int64]
    patients: NDArray[np.int64] | None
    labels: Sequence[str]
    positive: str | None
    majority: int
    threshold: float | None = None
    threshold_from: str | None = None

    def take(self, keep: Mask) -> Answered:
        """Some of the cases."""
        patients = None if self.patients is None else self.patients[keep]
        return replace(
            self, truth=self.truth[keep], chances=self.chances[keep], called=self.called[keep], patients=patients
        )

    def counted(self) -> int:
        """Patients, or cases where patients are not known."""
        sizes = group_sizes(np.ones(len(self.truth), dtype=np.bool_), self.patients)
        return int(sizes["n"] or 0) if sizes["n_patients"] is None else sizes["n_patients"]

    def metrics(self, seed: int, replicates: int) -> dict[str, Any]:
        """Estimates by name."""
        numbers = evaluate(
            self.truth,
            self.chances,
            labels=self.labels,
            positive=self.positive,
            groups=self.patients,
            majority=self.majority,
            threshold=self.threshold,
            threshold_from=self.threshold_from,
            seed=seed,
            replicates=replicates,
        )
        return {metric: numbers[metric] for metric in _SHOWN if metric in numbers}

    def sides(self) -> dict[str, list[Side]]:
        """The metrics that are tested."""
        right = self.called == self.truth
        if self.positive is None:
            everyone = np.ones(len(self.truth), dtype=np.bool_)
            return {"auroc": macro_sides(self.truth, self.chances), "accuracy": share_side(everyone, right)}
        place = list(self.labels).index(self.positive)
        yes = self.truth == place
        return {
            "auroc": auroc_sides(yes, self.chances[:, place]),
            "sensitivity": share_side(yes, right),
            "specificity": share_side(~yes, right),
        }

    def values(self) -> dict[str, float]:
        """Of the same metrics; NaN where one is not defined."""
        right = self.called == self.truth
        if self.positive is None:
            each = [_auroc(self.truth == place, self.chances[:, place]) for place in range(len(self.labels))]
            return {"auroc": float(np.mean(each)), "accuracy": _mean(right)}
        place = list(self.labels).index(self.positive)
        yes = self.truth == place
        auroc = _auroc(yes, self.chances[:, place])
        return {"auroc": auroc, "sensitivity": _mean(right[yes]), "specificity": _mean(right[~yes])}


def group_sizes(member: Mask, patients: NDArray[np.int64] | None) -> dict[str, int | None]:
    """``n`` and ``n_patients`` (``None`` where unknown) of the cases in ``member``."""
    return {"n": int(member.sum()), "n_patients": None if patients is None else len(np.unique(patients[member]))}


def subgroups(
    answered: Answered, columns: Mapping[str, Sequence[str | None]], *, seed: int = 0, replicates: int = 1000
) -> dict[str, Any]:
    """``columns``: the group of each case (n,), ``None`` where unknown, by the column's name.

    Returns ``comparisons`` (how many tests were made) and ``columns``: name, ``groups``, ``unknown`` (cases),
    ``too_few`` (groups left out for their size) and ``alone`` (the column has one group, so nothing was compared). A
    group has ``metrics``, ``differences`` (difference, low, high, p_value, p_holm by metric; NaN where a part has no
    such case) and ``few_events``: classes of which it has fewer than ten.
    """
    told, tests = list[dict[str, Any]](), list[dict[str, Any]]()
    for name, cells in columns.items():
        if len(cells) != len(answered.truth):
            raise UsageError(f"judging by {name}: {len(cells)} cells, {len(answered.truth)} cases; one each is needed")
        known = np.array([cell is not None for cell in cells], dtype=np.bool_)
        text = np.array([str(cell) for cell in cells if cell is not None], dtype=object)
        own = answered.take(known)
        members = {group: np.asarray(text == group, dtype=np.bool_) for group in sorted(set(text), key=_in_order)}
        kept = {group: member for group, member in members.items() if own.take(member).counted() >= FEWEST_PATIENTS}
        groups = [
            {
                "group": group,
                **group_sizes(member, own.patients),
                "few_events": _few(own.take(member)),
                "metrics": own.take(member).metrics(seed, replicates),
            }
            for group, member in kept.items()
        ]
        compared = _compared(own, list(kept.values()), len(members))
        tests += [entry for entries in compared[: 1 if _halves(kept, members) else None] for entry in entries.values()]
        for row, entries in zip(groups, compared, strict=True):
            row["differences"] = entries
        told.append(
            {
                "column": name,
                "unknown": int((~known).sum()),
                "too_few": len(members) - len(kept),
                "alone": len(members) < 2,
                "groups": groups,
            }
        )
    for entry, p in zip(tests, holm([entry["p_value"] for entry in tests]), strict=True):
        entry["p_holm"] = p
    for column in told:
        _share_with_the_other_half(column["groups"])
    return {"comparisons": sum(math.isfinite(entry["p_value"]) for entry in tests), "columns": told}


def _in_order(group: str) -> tuple[float, bool, str]:
    """Bands (``under 40``, ``40 to under 60``) by their number, then other names."""
    number = re.search(r"-?\d+(\.\d+)?", group)
    return (float(number[0]) if number else math.inf, not group.startswith("under"), group)


def _halves(kept: Mapping[str, Mask], members: Mapping[str, Mask]) -> bool:
    """Whether there are two groups, so that each is the other's rest, and one test is all there is."""
    return len(kept) == len(members) == 2


def _compared(own: Answered, kept: Sequence[Mask], groups: int) -> list[dict[str, dict[str, float]]]:
    """Of each group and the rest: metric → difference, interval, p value; empty where there is no rest."""
    if groups < 2:
        return [{} for _ in kept]
    sides, patients = own.sides(), Patients.of(own.patients, len(own.truth))
    found = []
    for member in kept:
        here, there = own.take(member).values(), own.take(~member).values()
        found.append(
            {
                metric: dict(vars(apart((here[metric], there[metric]), member, parts, patients)))
                for metric, parts in sides.items()
            }
        )
    return found


def _share_with_the_other_half(groups: Sequence[dict[str, Any]]) -> None:
    """The second of two groups was not tested again: it has the first's adjusted p values."""
    for row in groups:
        for metric, entry in row["differences"].items():
            if "p_holm" not in entry:
                entry["p_holm"] = groups[0]["differences"][metric]["p_holm"]


def _few(part: Answered) -> list[str]:
    """Classes with fewer than ten patients (cases, where patients are unknown): numbers about them are rough."""
    counts = {str(label): part.take(part.truth == place).counted() for place, label in enumerate(part.labels)}
    return [label for label, count in counts.items() if count < FEW]


def _mean(values: Mask) -> float:
    return float(values.mean()) if len(values) else math.nan


def _auroc(truth: Mask, score: NDArray[np.float64]) -> float:
    return auroc_influence(truth, score, Patients.of(None, len(truth))).value
