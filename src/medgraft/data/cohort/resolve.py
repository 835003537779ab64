"""Understand DATA: the ways in their order, and a clear word when none of them fits.

Archive, table, masks, boxes, class folders, plain pictures: the first that finds cases wins. A table wins over class
folders because it may hold patients; the ``kind`` says so. ``--task`` leaves only the ways that give what it asks for:
the same DATA may be read for its labels, its masks or its boxes.
"""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.boxed import resolve_boxes
from medgraft.data.cohort.class_folders import resolve_class_folders
from medgraft.data.cohort.image_folder import resolve_image_folder
from medgraft.data.cohort.image_masks import resolve_image_masks
from medgraft.data.cohort.medmnist import resolve_npz
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Found, Resolver
from medgraft.data.cohort.table import resolve_table
from medgraft.errors import CohortError
from medgraft.registry import Registry

__all__ = ["RESOLVERS", "resolve"]

RESOLVERS: Registry[Resolver] = Registry("way to read DATA")
RESOLVERS.register("npz")(resolve_npz)
RESOLVERS.register("table")(resolve_table)
RESOLVERS.register("image-masks")(resolve_image_masks)
RESOLVERS.register("boxes")(resolve_boxes)
RESOLVERS.register("class-folders")(resolve_class_folders)
RESOLVERS.register("image-folder")(resolve_image_folder)

_SERVE = {
    "classification": ("npz", "table", "image-masks", "class-folders", "image-folder"),
    "segmentation": ("table", "image-masks"),
    "detection": ("boxes",),
}
"""The ways that give what a task needs."""

_NEEDED = {
    "segmentation": "masks are needed: a folder images beside one called masks, or a table with a column mask",
    "detection": (
        "boxes are needed: Pascal VOC (JPEGImages and Annotations), COCO (annotations.json), or a folder images beside "
        "boxes.csv (stem, label, x0, y0, x1, y1)"
    ),
}


def resolve(data: Path, options: CohortOptions) -> Found:
    """The cases of DATA by the first way that fits. Raises ``CohortError`` that lists what was looked for."""
    place = data.expanduser().resolve()
    if not place.exists():
        raise CohortError(f"reading {data}: there is no such file or folder; check the name")
    missed = []
    for name, resolver in RESOLVERS.items():
        if name not in _SERVE.get(options.task, (name,)):
            continue
        found = resolver(place, options)
        if not isinstance(found, str):
            return found
        missed.append(found)
    if options.task in _NEEDED:
        raise CohortError(
            f"reading {data} for --task {options.task}: {_NEEDED[options.task]}. Looked for {'; '.join(missed)}"
        )
    raise CohortError(
        f"reading {data}: found 0 pictures. Looked for {'; '.join(missed)}. "
        "Give a folder of class folders, a table with --table, or a MedMNIST .npz"
    )
