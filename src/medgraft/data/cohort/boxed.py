"""DATA as pictures and boxes: Pascal VOC, COCO, or a table of boxes beside the pictures.

Patients, sites and the split come from a table of cases, where there is one.

A picture without an annotation is left out and counted: that nothing was drawn in it is not known. Class folders with
some JSON file beside them stay class folders, unless the task is detection.
"""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.box_layout import resolve_box_table
from medgraft.data.cohort.coco_layout import resolve_coco
from medgraft.data.cohort.joining import with_table
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Found
from medgraft.data.cohort.voc_layout import resolve_voc

__all__ = ["resolve_boxes"]


def resolve_boxes(data: Path, options: CohortOptions) -> Found | str:
    """The first of the layouts that fits."""
    missed = "pictures and boxes (Pascal VOC, COCO, or boxes.csv)"
    if data.is_file() and options.task != "detection":
        return missed
    for layout in (resolve_voc, resolve_coco, resolve_box_table):
        found = layout(data, options)
        if found is not None:
            return with_table(found, data if data.is_dir() else data.parent, options)
    return missed
