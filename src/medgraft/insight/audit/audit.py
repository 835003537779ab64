"""The audit: every check over what was read, as the content of ``audit.json``. Plain data in and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.split import Split
from medgraft.data.imaging.facts import PixelFacts
from medgraft.insight.audit import duplicates, label_conflicts, patients, pixels, quarantine
from medgraft.insight.audit.check import CHECKS, SECTIONS, Material

__all__ = ["run_audit"]

# Importing a check registers it; they run in the order of their files' names.
_CHECK_FILES = (duplicates, label_conflicts, patients, pixels, quarantine)


def run_audit(cohort: Cohort, facts: Mapping[str, PixelFacts], split: Split | None) -> dict[str, Any]:
    """Run all checks. ``facts`` is case id → pixel facts (a case without them is skipped where pixels
    matter).

    Parts are those that came with the data, leaks included; where none came, those of ``split``.
    """
    material = Material(cohort, facts, _parts(cohort, split))
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
