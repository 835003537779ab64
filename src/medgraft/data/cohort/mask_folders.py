"""Which folders of DATA hold pictures and which hold their masks, by name; see ``image_masks`` for the layouts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from medgraft.data.cohort.walk import split_of_name

__all__ = ["Sides", "holds_masks", "is_divided", "sides_of"]

_IMAGES = {"images", "imagestr"}
_MASKS = {"masks", "labels", "labelstr"}
_TEST = ("imagests", "labelsts")


@dataclass(frozen=True, slots=True)
class Sides:
    """One folder of pictures and one of masks, and the part of a split that they are."""

    images: Path
    masks: Path
    split: str | None = None


def holds_masks(data: Path) -> bool:
    """Whether DATA has the folders of this kind."""
    return any(True for _ in sides_of(data))


def sides_of(data: Path) -> Iterator[Sides]:
    """The folders of pictures and masks; none where DATA is of another kind."""
    if not data.is_dir():
        return
    folders = {place.name.lower(): place for place in sorted(data.iterdir()) if place.is_dir()}
    images = [folders[name] for name in folders if name in _IMAGES]
    masks = [folders[name] for name in folders if name in _MASKS]
    if len(images) == len(masks) == 1:
        test = [folders[name] for name in _TEST if name in folders]
        if len(test) == 2 and not is_divided(images[0]):
            yield Sides(images[0], masks[0], "train")
            yield Sides(test[0], test[1], "test")
        else:
            yield Sides(images[0], masks[0])
    elif not images and not masks:
        for name, place in folders.items():
            if split_of_name(name):
                for side in sides_of(place):
                    yield Sides(side.images, side.masks, split_of_name(name))


def is_divided(folder: Path) -> bool:
    """Whether all that a folder holds lies in the parts of a split."""
    inside = [place for place in folder.iterdir() if not place.name.startswith(".")]
    return bool(inside) and all(place.is_dir() and split_of_name(place.name) for place in inside)
