"""Patients with cases in more than one part of the split."""

from __future__ import annotations

from typing import Any

from medgraft.insight.audit.check import CHECKS, Material
from medgraft.types import SPLITS

__all__ = ["patients_across_splits"]


@CHECKS.register("patients-across-splits")
def patients_across_splits(material: Material) -> dict[str, list[Any]]:
    """``patients_across_splits``: keyed patient id, its parts, its number of cases; a note on the unknown."""
    table = material.cohort.table
    known = table["patient_id"].notna()
    parts: dict[str, list[str]] = {}
    for case, patient in zip(table.loc[known, "case_id"], table.loc[known, "patient_id"], strict=True):
        part = material.part.get(str(case))
        if part is not None:
            parts.setdefault(str(patient), []).append(part)
    entries = [
        {"patient": patient, "splits": [part for part in SPLITS if part in places], "cases": len(places)}
        for patient, places in parts.items()
        if len(set(places)) > 1
    ]
    return {"patients_across_splits": entries, "notes": _note(int(known.sum()), len(table))}


def _note(known: int, cases: int) -> list[str]:
    if known == cases:
        return []
    which = "no case" if known == 0 else f"{cases - known} of {cases} cases"
    text = f"the patient of {which} is known" if known == 0 else f"the patient of {which} is unknown"
    return [
        (f"{text}: two pictures of one patient may stand on both sides of the split (--patient-col, --patient-regex)")
    ]
