"""The contract of an audit check, and the registry of them.

A check looks at plain data (never at files) and returns entries by section of ``audit.json``. It names cases
by case id only, never a path or a patient as given. Registering it under ``CHECKS`` is enough to be run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.targets import targets_of
from medgraft.data.imaging.facts import PixelFacts
from medgraft.insight.audit.near_pairs import NearPair
from medgraft.registry import Registry

__all__ = ["CHECKS", "SECTIONS", "Check", "Material"]

SECTIONS = (
    *("duplicates", "patients_across_splits", "quarantined", "label_conflicts"),
    *("pixels", "outliers", "shortcuts", "privacy", "notes"),
)
"""The lists of ``audit.json``."""


@dataclass(frozen=True)
class Material:
    """What a check may look at.

    ``part``: case id → train | val | test, as given, else as made. ``near``: pairs of rows of the cohort. ``features``
    (n, d) are the backbone's, NaN where a picture could not be read; ``groups`` (n,) says which rows belong together (a
    patient, copies). ``identifiers``: case id → kinds of identifying entries of its file. ``grey`` (n, side, side): the
    small pictures, where they are at hand.
    """

    cohort: Cohort
    facts: Mapping[str, PixelFacts]
    part: Mapping[str, str]
    near: Sequence[NearPair] = ()
    features: NDArray[np.float32] | None = None
    groups: NDArray[np.int64] | None = None
    identifiers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    grey: NDArray[np.uint8] | None = None

    def cases(self) -> list[str]:
        """The case ids whose pixels are known, in the order of the cohort."""
        return [case for case in self.cohort.table["case_id"].astype(str) if case in self.facts]

    def questions(self) -> list[tuple[NDArray[np.int64], tuple[str, ...], NDArray[np.int64]]]:
        """What is asked of the cases whose pixels are known: rows, names of the answers, and the answer (an index) of
        each row. One question for the class of a case, or one a label where a case has several."""
        table = self.cohort.table
        seen = table["case_id"].astype(str).isin(list(self.facts)).to_numpy(dtype=np.bool_)
        if self.cohort.multi_label:
            targets = targets_of(table)
            known = [np.flatnonzero(seen & ~np.isnan(column)) for column in targets.T]
            return [
                (rows, (f"no {name}", name), column[rows].astype(np.int64))
                for rows, name, column in zip(known, self.cohort.classes, targets.T, strict=True)
            ]
        rows = np.flatnonzero(seen & table["label"].notna().to_numpy(dtype=np.bool_))
        names, truth = np.unique(table["label"].to_numpy(dtype=object)[rows].astype(str), return_inverse=True)
        return [(rows, tuple(str(name) for name in names), truth.astype(np.int64))]

    def labels(self) -> dict[str, str | None]:
        """case id → label, ``None`` where unlabelled."""
        table = self.cohort.table
        return {
            str(case): str(label) if known else None
            for case, label, known in zip(table["case_id"], table["label"], table["label"].notna(), strict=True)
        }


Check = Callable[[Material], dict[str, list[Any]]]

CHECKS: Registry[Check] = Registry("audit check")
