"""The reporting checklists, filled from the run: each item is answered with where, or left to the authors."""

from __future__ import annotations

from dataclasses import dataclass

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.checklists import about_data, about_model, about_results
from medgraft.use.report.checklists.answer import ANSWERS
from medgraft.use.report.checklists.items import CHECKLISTS
from medgraft.use.report.provenance import Term

__all__ = ["BUILT_IN", "OPEN", "Checklist", "ChecklistRow", "checklists"]

BUILT_IN = (about_data, about_model, about_results)
"""Importing them registers their answers."""
OPEN = "not answered: for the authors"


@dataclass(frozen=True)
class ChecklistRow:
    """``number`` as published, ``asked`` in our words; ``answer`` and ``where`` are empty where the run cannot tell."""

    number: str
    asked: str
    answer: str = ""
    where: str = ""


@dataclass(frozen=True)
class Checklist:
    """One published list."""

    title: str
    rows: list[ChecklistRow]

    @property
    def answered(self) -> int:
        """How many the run answers."""
        return sum(bool(row.answer) for row in self.rows)

    @property
    def terms(self) -> list[Term]:
        """For the page and the file: item and answer."""
        return [
            (f"{row.number} {row.asked}", f"{row.answer} ({row.where})" if row.answer else OPEN) for row in self.rows
        ]


def checklists(run: Artefacts) -> list[Checklist]:
    """All lists of ``items``, in order."""
    return [Checklist(title, [_row(run, *item) for item in items]) for title, items in CHECKLISTS.items()]


def _row(run: Artefacts, number: str, asked: str, name: str) -> ChecklistRow:
    found = ANSWERS.get(name)(run) if name else None
    return ChecklistRow(number, asked) if found is None else ChecklistRow(number, asked, *found)
