"""What DATA turned out to be: the contract of every way to understand it.

A resolver looks at DATA and returns ``Found`` (the cases as they lie there, unchecked) or a ``str``: why it
is not this kind, in words that can end the sentence "looked for …". A resolver that recognises its kind but
cannot use it raises ``CohortError``. None of them opens a picture. Their order stands in ``resolve.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from medgraft.data.cohort.cohort import Target
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.targets import Answers
from medgraft.data.outlines.boxes import Annotation

__all__ = ["Draft", "Found", "Resolver"]


@dataclass(frozen=True, slots=True)
class Draft:
    """One case before it is checked. ``None`` is unknown; ``problem`` says why it cannot be used."""

    path: Path
    member: str = ""
    label: str | None = None
    patient: str | None = None
    site: str | None = None
    split: str | None = None
    row: int | None = None
    """Row in the table as a spreadsheet counts: the header is row 1."""
    problem: str | None = None
    answers: Answers = ()
    """Where a case has several labels: one answer each, and ``label`` tells them."""
    masks: tuple[Path, ...] = ()
    """Files that outline what is in the picture."""
    boxes: Annotation | None = None
    """What was annotated, not yet held against the picture; ``None`` where that is not known."""

    @property
    def where(self) -> str:
        """``row 17: `` for a case from a table, else nothing: the start of a reason."""
        return f"row {self.row}: " if self.row is not None else ""


@dataclass(frozen=True, slots=True)
class Found:
    """The cases of DATA. Paths are absolute; they are sorted and matched relative to ``base``. ``names`` of the labels,
    where a case has several. ``target``: what the cases are answered with. Of masks: ``declared``, what a file says
    that their values mean, and ``by_folder``, whether each file holds the class that its folder names."""

    drafts: tuple[Draft, ...]
    kind: str
    base: Path
    labelled: bool
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    target: Target = "labels"
    declared: Mapping[int, str] | None = None
    by_folder: bool = False


Resolver = Callable[[Path, CohortOptions], Found | str]
