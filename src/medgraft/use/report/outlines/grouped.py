"""Dice in groups of cases, by site and by true size, each with its interval over patients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from medgraft.measure.segmentation.evaluation import CaseScores, evaluate_outlines
from medgraft.measure.segmentation.mask_metric import Score
from medgraft.use.report.figures.figure import patient_codes

__all__ = ["Group", "by_site", "by_size", "dice_of"]

_PARTS = ("smallest third", "middle third", "largest third")
_FEWEST = 6


@dataclass(frozen=True)
class Group:
    """``per_class``: an estimate of Dice by label; ``overall``: over the classes. ``low``, ``high``: of the true sizes,
    NaN where the group is not one of sizes."""

    name: str
    cases: int
    overall: dict[str, Any]
    per_class: dict[str, dict[str, Any]]
    low: float = math.nan
    high: float = math.nan


def dice_of(rows: pd.DataFrame, labels: Sequence[str]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The estimate over the classes and of each class, of ``rows`` of ``outlines.parquet``."""
    table = rows.pivot(index="case_id", columns="label", values="dice").reindex(columns=list(labels)).sort_index()
    people = rows.drop_duplicates("case_id").set_index("case_id").reindex(table.index)
    cases = [
        CaseScores({label: {"dice": _score(value)} for label, value in zip(labels, values, strict=True)}, {})
        for values in table.to_numpy(dtype=np.float64)
    ]
    found = evaluate_outlines(cases, groups=patient_codes(people))
    return found["dice"], {label: entry["dice"] for label, entry in found["per_class"].items()}


def _score(value: float) -> Score:
    return Score(float(value), 1.0) if math.isfinite(value) else Score(math.nan, 0.0)


def by_site(rows: pd.DataFrame, labels: Sequence[str]) -> list[Group]:
    """One group a site, the largest first; empty where fewer than two sites are known."""
    sites = rows["site"].dropna().astype(str)
    if sites.nunique() < 2:
        return []
    groups = []
    for name in sites.drop_duplicates():
        inside = rows[rows["site"].astype(object).astype(str) == name]
        groups.append(Group(name, inside["case_id"].nunique(), *dice_of(inside, labels)))
    return sorted(groups, key=lambda group: (-group.cases, group.name))


def by_size(rows: pd.DataFrame, label: str) -> list[Group]:
    """Thirds of the cases of ``label`` by true size, the smallest first. Cases whose truth is empty are in none; empty
    for fewer than six cases, or where all are of one size."""
    own = rows[(rows["label"] == label) & (rows["volume_true"] > 0) & rows["dice"].notna()]
    own = own.sort_values(["volume_true", "case_id"], kind="stable")
    if len(own) < _FEWEST or own["volume_true"].nunique() < 2:
        return []
    groups = []
    for name, places in zip(_PARTS, np.array_split(np.arange(len(own)), len(_PARTS)), strict=True):
        inside = own.iloc[places]
        sizes = inside["volume_true"].to_numpy(dtype=np.float64)
        overall, each = dice_of(inside, [label])
        groups.append(Group(name, len(inside), overall, each, float(sizes.min()), float(sizes.max())))
    return groups
