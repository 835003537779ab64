"""Patients, sites and the split of cases that were found by folders, out of the table that lies beside them.

Joined by path, else by the name of the file without its ending where only one row has it; never by position. Labels of
the table are another task's, and stay out.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.repeats import settle_repeats
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.cohort.table import resolve_table
from medgraft.data.cohort.tabular import read_rows
from medgraft.data.outlines.box_table import BoxColumns

__all__ = ["rows_beside", "stem", "with_table"]


def with_table(found: Found, data: Path, options: CohortOptions) -> Found:
    """The same cases with what the table of DATA says of them; unchanged where there is no table that fits. Raises
    ``CohortError`` as reading that table does."""
    table = rows_beside(data, options)
    if table is None:
        return found
    rows, kind = table
    by_path = {row.path: row for row in rows}
    by_stem: dict[str, list[Draft]] = {}
    for one in rows:
        by_stem.setdefault(stem(one.path), []).append(one)
    drafts, alone = [], 0
    for draft in found.drafts:
        named = by_stem.get(stem(draft.path)) or by_stem.get(stem(draft.path.parent)) or []
        row: Draft | None = (
            by_path.get(draft.path) or by_path.get(draft.path.parent) or (named[0] if len(named) == 1 else None)
        )
        alone += row is None and draft.problem is None
        drafts.append(draft if row is None else _joined(draft, row))
    notes = (f"{alone} cases are in no row of the table: their patients are unknown",) if alone else ()
    return replace(found, drafts=tuple(drafts), kind=f"{found.kind}; joined to {kind}", notes=(*found.notes, *notes))


def rows_beside(data: Path, options: CohortOptions) -> tuple[list[Draft], str] | None:
    """The rows of the table of DATA, one a picture and without labels, and what table that is; ``None`` without one."""
    named = None if _lists_boxes(data, options.table) else options.table
    plain = options.model_copy(update={"task": "classification", "label_col": None, "mask_col": None, "table": named})
    table = resolve_table(data, plain)
    if isinstance(table, str):
        return None
    bare = [replace(draft, label=None, answers=()) for draft in table.drafts if draft.path.name]
    return settle_repeats(bare)[0], table.kind.partition(";")[0]


def _lists_boxes(data: Path, table: Path | None) -> bool:
    """Whether ``--table`` names a table of boxes: that of cases is another one then, if there is one."""
    places = () if table is None else (table.expanduser().absolute(), data / table)
    found = next((place for place in places if place.is_file()), None)
    return found is not None and BoxColumns.of(read_rows(found).header) is not None


def stem(path: Path) -> str:
    """The name without its ending, in small letters; ``.nii.gz`` is one ending."""
    name = path.name.lower()
    return name.removesuffix(".nii.gz") if name.endswith(".nii.gz") else Path(name).stem


def _joined(draft: Draft, row: Draft) -> Draft:
    """What a folder says goes before the table; rows that contradict each other are told."""
    differing = row.problem if row.problem and "same file" in row.problem else None
    return replace(
        draft,
        patient=row.patient,
        site=row.site,
        split=draft.split or row.split,
        row=row.row,
        problem=draft.problem or differing,
    )
