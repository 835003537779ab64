"""The audit: every check over what was read, as the content of ``audit.json``. Plain data in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.split import Split
from medgraft.data.imaging.facts import PixelFacts
from medgraft.insight.audit import (
    duplicates,
    label_conflicts,
    near_duplicates,
    outliers,
    patients,
    pixels,
    privacy,
    quarantine,
    shortcuts,
)
from medgraft.insight.audit.check import CHECKS, SECTIONS, Material
from medgraft.insight.audit.near_pairs import NearPair

__all__ = ["Evidence", "run_audit"]

# Importing a check registers it; they run in the order of their files' names.
_CHECK_FILES = (
    *(duplicates, label_conflicts, near_duplicates, outliers, patients, pixels, privacy, quarantine, shortcuts),
)


@dataclass(frozen=True)
class Evidence:
    """What was computed of the pictures beside their facts; see ``Material`` for each."""

    near: Sequence[NearPair] = ()
    features: NDArray[np.float32] | None = None
    groups: NDArray[np.int64] | None = None
    identifiers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    grey: NDArray[np.uint8] | None = None


def run_audit(
    cohort: Cohort, facts: Mapping[str, PixelFacts], split: Split | None, evidence: Evidence | None = None
) -> dict[str, Any]:
    """Run all checks. ``facts`` is case id → pixel facts (a case without them is skipped where pixels
    matter).

    Parts are those that came with the data, leaks included; where none came, those of ``split``.
    """
    found = evidence or Evidence()
    parts = _parts(cohort, split)
    material = Material(cohort, facts, parts, found.near, found.features, found.groups, found.identifiers, found.grey)
    report: dict[str, list[Any]] = {section: [] for section in SECTIONS}
    for _, check in CHECKS.items():
        for section, entries in check(material).items():
            report[section] += entries
    report["notes"] = list(dict.fromkeys(report["notes"]))
    return dict(report)


def _parts(cohort: Cohort, split: Split | None) -> dict[str, str]:
    if cohort.has_given_split:
        known = cohort.table[cohort.table["split"].notna()]
        return dict(zip(known["case_id"].astype(str), known["split"].astype(str), strict=True))
    return split.part_of() if split is not None else {}
