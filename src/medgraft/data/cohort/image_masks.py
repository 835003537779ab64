"""DATA as pictures and their masks: ``images`` or ``imagesTr`` beside ``masks``, ``labels`` or ``labelsTr``, by stem.

The pictures are cases without a class. Whatever has no counterpart is set aside and named: a picture without a mask, a
mask without a picture.
"""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.cohort.walk import walk

__all__ = ["holds_masks", "resolve_image_masks"]

_IMAGES = {"images", "imagestr"}
_MASKS = {"masks", "labels", "labelstr"}


def resolve_image_masks(data: Path, options: CohortOptions) -> Found | str:
    """A folder with one folder of pictures and one of masks."""
    folders = _folders(data)
    if folders is None:
        return "pictures and masks (DATA/images and DATA/masks)"
    images, masks = folders
    pictures, outlines = walk(images), walk(masks)
    known, wanted = {_stem(file) for file in outlines.files}, {_stem(file) for file in pictures.files}
    drafts = [
        Draft(file, problem=None if _stem(file) in known else f"it has no mask of its name in {masks.name}")
        for file in pictures.files
    ]
    drafts += [
        Draft(file, problem=f"it is a mask without a picture of its name in {images.name}")
        for file in outlines.files
        if _stem(file) not in wanted
    ]
    pairs = len(known & wanted)
    kind = f"pictures and masks, {pairs} pairs, without classes (outlines are a task that fit does not learn yet)"
    return Found(tuple(drafts), kind, data, labelled=False, notes=pictures.note())


def holds_masks(data: Path) -> bool:
    """Whether DATA is of this kind."""
    return _folders(data) is not None


def _folders(data: Path) -> tuple[Path, Path] | None:
    """The folder of pictures and that of masks, where there is one of each."""
    if not data.is_dir():
        return None
    folders = {place.name.lower(): place for place in sorted(data.iterdir()) if place.is_dir()}
    images = [folders[name] for name in folders if name in _IMAGES]
    masks = [folders[name] for name in folders if name in _MASKS]
    return (images[0], masks[0]) if len(images) == len(masks) == 1 else None


def _stem(file: Path) -> str:
    """The name without any of its endings, ``.nii.gz`` included."""
    name = file.name.lower()
    return name.removesuffix(".nii.gz") if name.endswith(".nii.gz") else Path(name).stem
