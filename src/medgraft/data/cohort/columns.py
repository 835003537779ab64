"""Which column of a table means what: as the user says, else by the usual names, in any case.

A column named by the user must exist. A usual name is only a proposal: the path column still has to lead to
files, and a split column to hold the names of parts.
"""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.options import CohortOptions
from medgraft.errors import CohortError
from medgraft.registry import nearest

__all__ = ["candidates"]

_USUAL = {
    "path": (
        *("path", "file", "filename", "file_name", "image", "image_path", "filepath", "file_path"),
        *("image_file", "image_filename", "image_name", "img", "img_path"),
    ),
    "label": ("label", "class", "class_name", "target", "diagnosis", "finding", "y"),
    "patient": ("patient", "patient_id", "patientid", "subject", "subject_id", "subjectid", "case_patient"),
    "mask": ("mask", "mask_path"),
    # Not "source" or "scanner": they mean many things; --site-col names them.
    "site": ("site", "hospital", "institution", "centre", "center"),
    # Not "fold": cross-validation is ours to make.
    "split": ("split", "set", "subset", "partition"),
}


def candidates(meaning: str, header: tuple[str, ...], options: CohortOptions, table: Path) -> list[str]:
    """Columns that may hold ``meaning`` (path, label, patient, site, split or mask), the likeliest first.

    Raises ``CohortError`` if the user named one that is not there, or one that is there twice.
    """
    named = getattr(options, f"{meaning}_col")
    if isinstance(named, str):
        if header.count(named) != 1:
            got = "stands there twice" if named in header else f"is not there{nearest(named, header)}"
            raise CohortError(
                f"reading the table {table}: the column {named!r} of --{meaning}-col {got}; "
                f"its columns: {', '.join(header)}"
            )
        return [named]
    by_name: dict[str, list[str]] = {}
    for column in header:
        by_name.setdefault(column.strip().lower().replace(" ", "_").replace("-", "_"), []).append(column)
    found = [column for usual in _USUAL[meaning] for column in by_name.get(usual, [])]
    twice = [column for column in found if found.count(column) > 1]
    if twice:
        raise CohortError(f"reading the table {table}: it has two columns {twice[0]!r}; rename one of them")
    return found
