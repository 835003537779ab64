"""DATA as pictures and their masks, in two folders, joined by name.

Pictures lie in ``images`` or ``imagesTr``, masks in ``masks``, ``labels`` or ``labelsTr``; ``imagesTs`` beside
``labelsTs`` is the test part. Parts of a split stand above or below: ``train/images`` and ``train/masks``, or
``images/train`` and ``masks/train``. A mask has the path of its picture below these folders, whatever its ending
(``_mask``, ``_seg``, ``_label`` or ``_segmentation`` may follow its name, and nnU-Net's ``_0000`` that of the picture);
one folder a class, as in ``masks/vessel/a.png``, holds one file a class. The mask of a folder with a DICOM series has
the folder's name.

The pictures have no class of their own. Whatever has no counterpart is set aside and named: a picture without a mask, a
mask without a picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from medgraft.data.cohort.joining import with_table
from medgraft.data.cohort.mask_folders import Sides, is_divided, sides_of
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.cohort.walk import split_of_name, walk
from medgraft.data.outlines.legend import DECLARING, declared_names

__all__ = ["declared_beside", "resolve_image_masks"]

_ENDINGS = ("_mask", "_seg", "_label", "_labels", "_segmentation", "_gt")
_CHANNEL = "_0000"

Key = tuple[str, ...]
"""The path of a file below its folder, in small letters and without endings."""


def resolve_image_masks(data: Path, options: CohortOptions) -> Found | str:
    """A folder with one folder of pictures and one of masks, or such pairs in the parts of a split."""
    missed = "pictures and masks (DATA/images and DATA/masks)"
    sides = list(sides_of(data))
    if not sides:
        return missed
    drafts: list[Draft] = []
    notes: list[str] = []
    by_folder = False
    for side in sides:
        some, parted, note = _paired(side)
        drafts += some
        by_folder = by_folder or parted
        notes += note
    pairs = sum(bool(draft.masks) for draft in drafts)
    if not pairs and not any(walk(side.masks).files for side in sides):
        return f"{missed}; {sides[0].masks.name} holds no masks"
    if options.task == "classification":
        kind = f"pictures and masks, {pairs} pairs, without classes (--task segmentation learns the masks)"
        return Found(
            tuple(replace(draft, masks=()) for draft in drafts), kind, data, labelled=False, notes=tuple(notes)
        )
    kind = f"pictures and masks, {pairs} pairs" + (", one file a class" if by_folder else "")
    if any(draft.split for draft in drafts):
        kind += ", with their split"
    found = Found(
        tuple(drafts),
        kind,
        data,
        labelled=False,
        notes=tuple(notes),
        target="masks",
        declared=declared_beside([data, *(side.masks for side in sides), *(side.masks.parent for side in sides)]),
        by_folder=by_folder,
    )
    return with_table(found, data, options)


def declared_beside(folders: Iterable[Path]) -> Mapping[int, str] | None:
    """What values mean, by the first file in one of the folders that says so."""
    for folder in dict.fromkeys(folders):
        for name in DECLARING:
            names = declared_names(folder / name)
            if names is not None:
                return names
    return None


def _paired(side: Sides) -> tuple[list[Draft], bool, tuple[str, ...]]:
    """The cases of one pair of folders, whether there is one file a class, and what was left out."""
    pictures, outlines = walk(side.images), walk(side.masks)
    divided = side.split is None and is_divided(side.images)
    keys = {file: _key(file, side.images) for file in pictures.files}
    channels = {file: (*key[:-1], key[-1].removesuffix(_CHANNEL)) for file, key in keys.items()}
    wanted = {*keys.values(), *channels.values(), *(key[:-1] for key in keys.values() if len(key) > 1)}
    masks: dict[Key, list[Path]] = {}
    strays: list[Path] = []
    belongs = {file: _belongs(_key(file, side.masks), wanted) for file in outlines.files}
    parted = any(by_class for _, by_class in belongs.values())
    for file, (key, by_class) in belongs.items():
        if key is None or by_class != parted:
            strays.append(file)
        else:
            masks.setdefault(key, []).append(file)
    drafts = []
    for file, key in keys.items():
        own = masks.get(key) or masks.get(channels[file]) or masks.get(key[:-1]) or []
        split = side.split or (split_of_name(key[0]) if divided else None)
        problem = None if own else f"it has no mask of its name in {side.masks.name}"
        if len(own) > len({mask.parent for mask in own} if parted else own[:1]):
            own, problem = [], f"{len(own)} masks have its name in {side.masks.name}; keep one" + " a class" * parted
        drafts.append(Draft(file, split=split, masks=tuple(own), problem=problem))
    for file in strays:
        beside = belongs[file][0] is not None
        reason = f"without a picture of its name in {side.images.name}"
        drafts.append(Draft(file, problem=f"it is a mask {'beside the folders of the classes' if beside else reason}"))
    return drafts, parted, pictures.note()


def _belongs(key: Key, wanted: set[Key]) -> tuple[Key | None, bool]:
    """Of which picture (or series) a mask is, and whether a folder for its class stands between."""
    for name in (key[-1], *(key[-1].removesuffix(ending) for ending in _ENDINGS if key[-1].endswith(ending))):
        straight = (*key[:-1], name)
        if straight in wanted:
            return straight, False
        between = (*straight[:-2], straight[-1])
        if len(straight) > 1 and between in wanted:
            return between, True
    return None, False


def _key(file: Path, folder: Path) -> Key:
    """See ``Key``; ``.nii.gz`` is one ending."""
    *above, name = (part.lower() for part in file.relative_to(folder).parts)
    return (*above, name.removesuffix(".nii.gz") if name.endswith(".nii.gz") else Path(name).stem)
