"""DATA as pictures without labels: one file, or a folder of them at any depth.

Enough for ``predict``, ``audit`` and a target site. Top folders that are the parts of a split give the split.
"""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.cohort.walk import is_side_file, split_of_name, walk

__all__ = ["resolve_image_folder"]


def resolve_image_folder(data: Path, options: CohortOptions) -> Found | str:
    """A picture, or every picture below a folder; labels are unknown."""
    missed = "pictures"
    if data.is_file():
        if is_side_file(data.name):
            return missed
        return Found((Draft(data),), "one picture, unlabelled", data.parent, labelled=False)
    found = walk(data)
    if not found.files:
        return missed
    tops = {file.relative_to(data).parts[0] for file in found.files}
    divided = all(split_of_name(name) for name in tops)
    drafts = tuple(
        Draft(file, split=split_of_name(file.relative_to(data).parts[0]) if divided else None) for file in found.files
    )
    return Found(drafts, f"folder of {len(drafts)} pictures, unlabelled", data, labelled=False, notes=found.note())
