"""An answer that a run can give to an item of a checklist: a sentence, and the file in which it can be checked.

``None`` where the artefact that would tell it is not there: nothing is guessed, and nothing that only authors know is
answered for them.
"""

from __future__ import annotations

from collections.abc import Callable

from medgraft.registry import Registry
from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.wording import counted

__all__ = ["ANSWERS", "Answer", "people"]

Answer = tuple[str, str]

ANSWERS: Registry[Callable[[Artefacts], Answer | None]] = Registry("answer to a checklist")


def people(run: Artefacts) -> str:
    """``91 cases, 60 patients``."""
    patients = counted(run.cohort["patient_id"].nunique(), "patient") if run.patients_known else "patients unknown"
    return f"{counted(len(run.cohort), 'case')}, {patients}"
