"""DATA as class folders: ``DATA/benign/…``, or below the parts of a split: ``DATA/train/benign/…``.

The label is the name of the folder; what lies deeper (a folder a patient, say) belongs to the class. A
picture beside the class folders has no label and is set aside with that reason.
"""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.mask_folders import holds_masks
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.cohort.walk import split_of_name, walk
from medgraft.errors import CohortError

__all__ = ["labels_by_folder", "resolve_class_folders"]


def resolve_class_folders(data: Path, options: CohortOptions) -> Found | str:
    """A folder whose sub-folders are classes, or parts of a split that hold class folders."""
    missed = "class folders (DATA/benign/…, or DATA/train/benign/…)"
    if not data.is_dir() or holds_masks(data):
        return missed
    found = walk(data)
    parts = {file: file.relative_to(data).parts for file in found.files}
    tops = {names[0] for names in parts.values() if len(names) > 1}
    if not tops:
        return missed
    divided = {names[0] for names in parts.values() if len(names) > 2 and split_of_name(names[0])}
    if not divided and all(split_of_name(name) for name in tops):
        return missed + "; the folders here are the parts of a split, but hold no class folders"
    others = sorted(name for name in tops if not split_of_name(name))
    if divided and others:
        raise CohortError(
            f"reading {data}: {', '.join(sorted(divided))} look like the parts of a split, but "
            f"{', '.join(others[:5])} "
            "lie beside them; move them away, or give a table with --table"
        )
    depth = 1 if divided else 0
    drafts = tuple(_draft(file, names, depth) for file, names in parts.items())
    classes = sorted({draft.label for draft in drafts if draft.label is not None})
    notes = found.note() + _wrapped(data, parts, classes, depth)
    shown = ", ".join(classes[:6]) + (", …" if len(classes) > 6 else "")
    above = f", split folders {', '.join(sorted(divided))}" if divided else ""
    return Found(drafts, f"class folders {shown}{above}", data, labelled=True, notes=notes)


def _draft(file: Path, names: tuple[str, ...], depth: int) -> Draft:
    """``names`` are the parts of the path below DATA; the class is number ``depth``."""
    split = split_of_name(names[0]) if depth else None
    if len(names) <= depth + 1:
        return Draft(file, split=split, problem="lies beside the class folders, so that it has no label")
    return Draft(file, label=names[depth], split=split)


def _wrapped(data: Path, parts: dict[Path, tuple[str, ...]], classes: list[str], depth: int) -> tuple[str, ...]:
    """A hint where the only class folder holds several folders: perhaps those are the classes."""
    inner = sorted({names[depth + 1] for names in parts.values() if len(names) > depth + 2})
    if len(classes) != 1 or len(inner) < 2 or depth:
        return ()
    return (
        (
            f"the only class folder, {classes[0]}, holds {len(inner)} folders ({', '.join(inner[:3])}, …): "
            f"if those are the classes, give {data.name}/{classes[0]}"
        ),
    )


def labels_by_folder(data: Path) -> dict[Path, str]:
    """The label of every file below class folders; empty where DATA has none. For a table without labels."""
    try:
        found = resolve_class_folders(data, CohortOptions())
    except CohortError:
        return {}
    if isinstance(found, str):
        return {}
    return {draft.path: draft.label for draft in found.drafts if draft.label is not None}
