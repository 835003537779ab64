"""Annotations that were placed on pictures → cases of a cohort, and a word on what was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.outlines.boxes import Annotation
from medgraft.data.outlines.placing import Placed

__all__ = ["drawn_cases"]


def drawn_cases(
    placed: Placed,
    *,
    pictures: Iterable[Path],
    kind: str,
    base: Path,
    split_of: Callable[[Path], str | None] | None = None,
    unclear: Iterable[Path] = (),
) -> Found:
    """Cases of the pictures that have boxes; what was set aside keeps its reason. With ``split_of``, a picture that has
    no part is left out. ``unclear``: pictures that two parts claim."""
    twice = set(unclear)
    drafts, unlisted = [], 0
    for picture, boxes in placed.boxes.items():
        part = split_of(picture) if split_of is not None else None
        unlisted += split_of is not None and part is None
        if split_of is not None and part is None:
            continue
        problem = "two parts of the split name it; keep one" if picture in twice else None
        note = Annotation(picture.name, boxes.size, boxes.rows)
        drafts.append(Draft(picture, split=part, boxes=note, problem=problem))
    drafts += [Draft(aside.file, member=str(aside.entry), problem=aside.reason) for aside in placed.set_aside]
    claimed = {picture.resolve() for picture in placed.boxes}
    bare = sum(picture.resolve() not in claimed for picture in pictures)
    notes = []
    if bare:
        notes.append(f"{bare} pictures have no annotation that can be used and are left out")
    if unlisted:
        notes.append(f"{unlisted} annotated pictures are in no part of the split and are left out")
    if placed.left_out:
        first = placed.left_out[0].reason
        notes.append(f"{len(placed.left_out)} boxes outline nothing and are left out (the first: {first})")
    told = f"{kind}, {len(drafts) - len(placed.set_aside)} pictures" + (", with their split" if split_of else "")
    return Found(tuple(drafts), told, base, labelled=False, notes=tuple(notes), target="boxes")
