"""Folders that hold one DICOM series are one case, not as many as they have slices.

Only where the layout itself lists the files (class folders, a folder of pictures): a table that names each slice means
what it says. Three files of a folder are looked at; the reader of the volume looks at all of them later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from medgraft.data.cohort.resolver import Draft

__all__ = ["gather_series"]

_FEWEST = 3
_SUFFIXES = {".dcm", ".ima", ".dicom", ""}


def gather_series(drafts: Sequence[Draft], is_stack: Callable[[Sequence[Path]], bool]) -> tuple[list[Draft], int]:
    """Drafts with one a series, and how many series there are. ``is_stack`` says of files whether they are slices of
    one volume."""
    folders: dict[Path, list[Draft]] = {}
    for draft in drafts:
        folders.setdefault(draft.path.parent, []).append(draft)
    series = {
        folder
        for folder, inside in folders.items()
        if len(inside) >= _FEWEST and all(_may_be_slice(draft, inside[0]) for draft in inside)
        if is_stack([inside[0].path, inside[len(inside) // 2].path, inside[-1].path])
    }
    gathered = [draft for draft in drafts if draft.path.parent not in series]
    gathered += [replace(folders[folder][0], path=folder) for folder in folders if folder in series]
    return gathered, len(series)


def _may_be_slice(draft: Draft, first: Draft) -> bool:
    """A file that the layout lists, of the kind that slices are, with what its neighbours are labelled."""
    alike = (draft.label, draft.split, draft.problem) == (first.label, first.split, None)
    names = draft.path.suffix.lower()
    return alike and draft.row is None and not draft.member and (names in _SUFFIXES or names[1:].isdigit())
