"""Clinical columns as numbers for a logistic regression; what is learnt of them is means, spreads and names of groups.

A number is standardised by the training cases and cut at five standard deviations, so that a slip of the pen (age 430)
does not decide alone; where it is missing it counts as the mean, and a column of its own says so if that happened in
training. A category has a column a group, less the group's share, so that an unknown group, or one with too few
training cases to learn of (and to keep private), counts as the average: it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.clinical.columns import Column, Kind
from medgraft.data.clinical.table import ClinicalRows

__all__ = ["EncodedColumn", "TableEncoder"]

Floats = NDArray[np.float64]
FEWEST_OF_A_GROUP = 3
"""Training patients below which a group is not kept."""
_WIDEST = 5.0
_HALF = 0.5
"""The spread of a group that half of the cases are in: groups are divided by it, common ones and rare ones alike."""


@dataclass(frozen=True)
class EncodedColumn:
    """``mean`` and ``scale`` of a number, ``groups`` of a category with their shares; ``missing``: the share of missing
    values in training, 0 where there were none. ``scale`` 0: the column says nothing."""

    name: str
    kind: Kind
    mean: float = 0.0
    scale: float = 0.0
    groups: Mapping[str, float] = field(default_factory=dict)
    missing: float = 0.0

    @property
    def names(self) -> list[str]:
        """Of the columns that it becomes."""
        own = [self.name] if self.kind == "number" else [f"{self.name} = {group}" for group in self.groups]
        return [*own, *([f"{self.name} missing"] if self.missing else [])]

    def encoded(self, values: pd.Series) -> Floats:
        """(n, len(names))."""
        gone = values.isna().to_numpy()
        indicator = [(gone - self.missing) / _HALF] if self.missing else []
        if self.kind == "number":
            numbers = values.to_numpy(dtype=np.float64)
            z = (numbers - self.mean) / self.scale if self.scale > 0 else np.zeros(len(numbers))
            return np.column_stack([np.where(gone, 0.0, np.clip(z, -_WIDEST, _WIDEST)), *indicator])
        text = values.astype(object)
        known = text.isin(list(self.groups)).to_numpy()
        own = [
            np.where(known, ((text == group).to_numpy() - share) / _HALF, 0.0) for group, share in self.groups.items()
        ]
        return np.column_stack([*own, *indicator]) if own or indicator else np.zeros((len(text), 0))

    def unknown(self, values: pd.Series) -> NDArray[np.bool_]:
        """Where a category is there that was not learnt of (n,)."""
        if self.kind == "number":
            return np.zeros(len(values), dtype=np.bool_)
        text = values.astype(object)
        return np.asarray(text.notna() & ~text.isin(list(self.groups)), dtype=np.bool_)


@dataclass(frozen=True)
class TableEncoder:
    """All columns, in order."""

    columns: tuple[EncodedColumn, ...]

    @classmethod
    def of(cls, rows: ClinicalRows, groups: NDArray[np.int64]) -> Self:
        """From training cases that all have a row; ``groups`` (n,): who is one patient."""
        return cls(tuple(_learnt(column, rows.values[column.name], groups) for column in rows.columns))

    @property
    def names(self) -> list[str]:
        """Of the encoded columns."""
        return [name for column in self.columns for name in column.names]

    def __call__(self, rows: ClinicalRows) -> Floats:
        """(n, d) of cases; what is missing counts as the mean."""
        blocks = [column.encoded(rows.values[column.name]) for column in self.columns]
        return np.hstack([np.zeros((len(rows.found), 0)), *blocks])

    def to_json(self) -> list[dict[str, Any]]:
        """Plain data."""
        return [{**vars(column), "groups": dict(column.groups)} for column in self.columns]

    @classmethod
    def restore(cls, content: list[dict[str, Any]]) -> Self:
        """From what ``to_json`` gave."""
        return cls(tuple(EncodedColumn(**entry) for entry in content))


def _learnt(column: Column, values: pd.Series, groups: NDArray[np.int64]) -> EncodedColumn:
    missing = float(values.isna().mean())
    missing = missing if missing < 1 else 0.0  # missing everywhere says nothing of anybody
    if column.kind == "number":
        known = values.dropna().to_numpy(dtype=np.float64)
        if not len(known):
            return EncodedColumn(column.name, column.kind)
        mean, scale = float(known.mean()), float(known.std())
        tiny = 1e-12 * max(1.0, abs(mean))
        return EncodedColumn(column.name, column.kind, mean, scale if scale > tiny else 0.0, missing=missing)
    patients = pd.Series(groups).groupby(values.to_numpy(dtype=object)).nunique()
    kept = sorted(str(group) for group, count in patients.items() if count >= FEWEST_OF_A_GROUP)
    text = values.astype(object)
    among = max(1, int(text.isin(kept).sum()))
    shares = {group: float((text == group).sum() / among) for group in kept}
    return EncodedColumn(column.name, column.kind, groups=shares, missing=missing)
