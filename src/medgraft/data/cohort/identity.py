"""Who a case is and whose: ids that follow the content and mean nothing outside the house.

``case_id`` is the keyed hash of the file's sha256 and the member; a second case with the same content gets
its own by its number in the order of the cohort. ``patient_id`` is the keyed hash of the patient as given.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from medgraft.data.cohort.resolver import Draft
from medgraft.home import Home

__all__ = ["case_ids", "content_id", "patient_ids", "patients_from_names"]


def case_ids(home: Home, contents: list[tuple[str, str]]) -> list[str]:
    """One id for each (sha256, member), unique, in the order given."""
    seen: Counter[str] = Counter()
    ids = []
    for digest, member in contents:
        value = f"{digest}#{member}"
        seen[value] += 1
        again = f"#{seen[value]}" if seen[value] > 1 else ""
        ids.append(home.keyed_hash("case", value + again))
    return ids


def content_id(home: Home, digest: str, member: str) -> str:
    """The keyed hash of what a case is: the ``case_id`` of the first with that content, of every copy."""
    return home.keyed_hash("case", f"{digest}#{member}")


def patient_ids(home: Home, patients: list[str | None]) -> list[str | None]:
    """The keyed id of each patient; unknown stays unknown."""
    known = {patient: home.keyed_hash("patient", patient) for patient in set(patients) if patient is not None}
    return [known[patient] if patient is not None else None for patient in patients]


def patients_from_names(drafts: list[Draft], pattern: str, base: Path) -> tuple[list[Draft], int]:
    """Drafts with the patient that group 1 of ``pattern`` finds in the file name, else in the path below
    ``base``.

    The second value counts the cases in which it found none; their patient is unknown.
    """
    compiled = re.compile(pattern)
    named = []
    for draft in drafts:
        inside = draft.path.relative_to(base) if draft.path.is_relative_to(base) else draft.path
        match = compiled.search(draft.path.name) or compiled.search(inside.as_posix())
        named.append(replace(draft, patient=(match.group(1) or None) if match else None))
    return named, sum(draft.patient is None for draft in named)
