"""Masks and boxes held against their pictures: what a cohort with outlines needs beyond reading its files.

Masks are decoded once, to know the values of all of them (a class may be absent from any one); boxes are held against
the size that the picture's header declares. What does not fit is set aside with its reason, and the rest goes on.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.cohort.walk import natural_key
from medgraft.data.imaging.volume_reader import WHOLE
from medgraft.data.outlines.boxes import Box, Boxes, sift
from medgraft.data.outlines.legend import Holding, Legend, settle_legend
from medgraft.data.outlines.mask_file import look_at_mask
from medgraft.data.outlines.picture_grid import picture_grid
from medgraft.errors import CohortError, ReaderError
from medgraft.progress import Progress

__all__ = ["Outlines", "outline_boxes", "outline_masks"]

_THREADS = 4


@dataclass(frozen=True)
class Outlines:
    """``good`` and ``bad`` cases; of each good one, in its order, the names of what is outlined, and its mask's digest
    or its boxes."""

    good: tuple[Draft, ...]
    bad: tuple[Draft, ...]
    classes: tuple[str, ...]
    outlined: tuple[tuple[str, ...], ...]
    legend: Legend | None = None
    digests: tuple[str, ...] = ()
    boxes: tuple[Boxes, ...] = ()
    notes: tuple[str, ...] = field(default=())


def outline_masks(
    drafts: Sequence[Draft],
    found: Found,
    options: CohortOptions,
    *,
    digest: Callable[[Path], str],
    progress: Progress,
) -> Outlines:
    """The masks of ``drafts``, looked at, and their legend. ``digest`` gives the sha256 of a file. Raises
    ``CohortError`` where what they hold cannot be settled."""
    _refuse_label_options(options, ("label_map", "order", "positive"), "masks, whose classes --mask-values names")

    def look(draft: Draft) -> tuple[Holding, str] | str:
        try:
            if draft.member not in ("", WHOLE):
                return "its file holds several pictures, and one mask cannot be that of all; part it"
            held = look_at_mask(draft.masks, by_folder=found.by_folder, grid=picture_grid(draft.path))
            return held, "".join(digest(mask) for mask in draft.masks)
        except (ReaderError, OSError) as error:
            return (
                f"its mask cannot be used: {error}" if isinstance(error, ReaderError) else "its mask cannot be opened"
            )

    with ThreadPoolExecutor(min(_THREADS, (os.cpu_count() or 1) + 1)) as pool:
        looks = list(progress.track(pool.map(look, drafts), total=len(drafts), label="looking at masks"))
    seen = [(draft, *one) for draft, one in zip(drafts, looks, strict=True) if not isinstance(one, str)]
    bad = [_set_aside(draft, one) for draft, one in zip(drafts, looks, strict=True) if isinstance(one, str)]
    if not seen:
        return Outlines((), tuple(bad), (), ())
    legend = settle_legend(
        [held for _, held, _ in seen],
        given=options.mask_values,
        declared=found.declared,
        by_folder=found.by_folder,
    )
    faults = [legend.fault(held) for _, held, _ in seen]
    bad += [_set_aside(draft, f"its mask {fault}") for (draft, *_), fault in zip(seen, faults, strict=True) if fault]
    good = [one for one, fault in zip(seen, faults, strict=True) if fault is None]
    return Outlines(
        tuple(draft for draft, *_ in good),
        tuple(bad),
        legend.names,
        tuple(legend.held(held) for _, held, _ in good),
        legend,
        digests=tuple(text for *_, text in good),
        notes=(_classes_note(legend), *_odd_notes(good, legend, digest)),
    )


def outline_boxes(drafts: Sequence[Draft], options: CohortOptions) -> Outlines:
    """The boxes of ``drafts``, held against their pictures; labels as ``--label-map`` says (an empty one leaves its
    boxes out)."""
    _refuse_label_options(options, ("order", "positive"), "boxes")
    good: list[Draft] = []
    bad: list[Draft] = []
    boxes: list[Boxes] = []
    flat: list[str] = []
    _refuse_unused(options, {box.label for draft in drafts if draft.boxes for box in draft.boxes.rows})
    for draft in drafts:
        if draft.boxes is None:
            bad.append(_set_aside(draft, "it has no annotation"))
            continue
        grid = picture_grid(draft.path)
        size = draft.boxes.size
        if grid is not None and len(grid.shape) == 2:
            actual = grid.shape[0], grid.shape[1]
            if size is not None and size != actual:
                told, own = (f"{width} × {height}" for height, width in (size, actual))
                reason = f"its annotation is of a picture of {told} pixels, and it has {own}: it may be that of another"
                bad.append(_set_aside(draft, reason))
                continue
            size = actual
        sifted = sift(_renamed(draft.boxes.rows, options), size)
        flat += sifted.left_out
        if sifted.problem is not None:
            bad.append(_set_aside(draft, sifted.problem))
        else:
            good.append(draft)
            boxes.append(sifted.boxes)
    labels = sorted({label for one in boxes for label in one.labels}, key=natural_key)
    if good and not labels:
        raise CohortError(f"reading boxes: none of the {len(good)} pictures has a box; there is nothing to learn")
    notes = [_boxes_note(boxes)] if good else []
    if flat:
        notes.append(f"{len(flat)} boxes outline nothing and are left out (the first: {flat[0]})")
    empty = sum(not len(one) for one in boxes)
    if empty:
        notes.append(f"{empty} pictures have no box: they are known to be empty")
    outlined = tuple(tuple(label for label in labels if label in set(one.labels)) for one in boxes)
    return Outlines(tuple(good), tuple(bad), tuple(labels), outlined, boxes=tuple(boxes), notes=tuple(notes))


def _set_aside(draft: Draft, reason: str) -> Draft:
    return replace(draft, problem=f"{draft.where}{reason}", label=None)


def _renamed(rows: Iterable[Box], options: CohortOptions) -> list[Box]:
    mapped = [box._replace(label=options.label_map.get(box.label, box.label)) for box in rows]
    return [box for box, given in zip(mapped, rows, strict=True) if box.label or not given.label]


def _refuse_unused(options: CohortOptions, labels: set[str]) -> None:
    for name in options.label_map:
        if name not in labels:
            shown = ", ".join(sorted(labels)[:20])
            raise CohortError(f"reading boxes: --label-map names {name!r}, which is no label here; labels: {shown}")


def _refuse_label_options(options: CohortOptions, names: Iterable[str], what: str) -> None:
    for name in names:
        if getattr(options, name):
            flag = f"--{name.replace('_', '-')}"
            raise CohortError(
                f"reading DATA: {flag} is about labels of whole pictures, and these have {what}; leave it out"
            )


def _classes_note(legend: Legend) -> str:
    pairs = [(str(stored), one) for stored, one in sorted(legend.values.items())]
    pairs += sorted(legend.parts.items()) if legend.by_folder or not any(one for _, one in pairs) else []
    told = [
        stored if stored == legend.names[one - 1] else f"{stored} is {legend.names[one - 1]}"
        for stored, one in pairs
        if one
    ]
    return f"classes of the masks: {', '.join(told)}"


def _odd_notes(good: Sequence[tuple[Draft, Holding, str]], legend: Legend, digest: Callable[[Path], str]) -> list[str]:
    """Empty masks, and masks that are those of another picture, too."""
    notes = []
    empty = sum(not legend.held(held) for _, held, _ in good)
    if empty:
        notes.append(f"{empty} of {len(good)} masks are empty: nothing is outlined in these pictures")
    pictures: dict[str, set[str]] = {}
    for draft, held, text in good:
        if legend.held(held):
            pictures.setdefault(held.digest or text, set()).add(f"{digest(draft.path)}{draft.member}")
    copies = sum(len(same) for same in pictures.values() if len(same) > 1)
    if copies:
        notes.append(
            f"{copies} masks are equal to that of another picture, which differs from theirs: check that each belongs "
            "to its own"
        )
    return notes


def _boxes_note(boxes: Sequence[Boxes]) -> str:
    counted = Counter(label for one in boxes for label in one.labels)
    told = ", ".join(f"{label} {counted[label]}" for label in sorted(counted, key=natural_key)[:12])
    return f"{counted.total()} boxes: {told}"
