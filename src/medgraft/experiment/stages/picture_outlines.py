"""Where somebody outlined what is to be seen: masks that lie beside the pictures of a cohort, as the network sees them.

A picture ``…/images/STEM.ext`` has its mask in ``…/masks/STEM.ext`` (``imagesTr``, ``labels``, ``labelsTr`` likewise),
any value above zero is outlined. The mask goes through the geometry of the preprocessing, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.preprocess import IntensityRange, Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import ReaderError
from medgraft.source.embedding.embed import Picture

__all__ = ["picture_outlines"]

_IMAGES, _MASKS = ("images", "imagestr"), ("masks", "labels", "labelstr")


def picture_outlines(
    pictures: Sequence[Picture], preprocessing: Preprocessing, reader: ImageReader
) -> list[NDArray[np.bool_] | None]:
    """(S, S) of each picture; ``None`` where nothing is outlined, or where there is no mask, or none that fits."""
    folders: dict[Path, dict[str, Path]] = {}
    recipe = Preprocessing(
        size=preprocessing.size,
        channels=1,
        fit=preprocessing.fit,
        interpolation="bilinear",
        intensity=IntensityRange(low=0, high=1),
    )
    return [_outline(picture, folders, recipe, reader) for picture in pictures]


def _outline(
    picture: Picture, folders: dict[Path, dict[str, Path]], recipe: Preprocessing, reader: ImageReader
) -> NDArray[np.bool_] | None:
    folder = picture.path.parent
    if picture.member or folder.name.lower() not in _IMAGES:
        return None
    if folder not in folders:
        folders[folder] = _masks_beside(folder)
    file = folders[folder].get(picture.path.stem)
    if file is None:
        return None
    try:
        mask, image = reader.read(file, ""), reader.read(picture.path, "")
    except ReaderError:
        return None
    if mask.pixels.shape[1:] != image.pixels.shape[1:]:
        return None
    yes = (mask.pixels.max(axis=0, keepdims=True) > 0).astype(np.uint8)
    share = recipe.apply(replace(mask, pixels=yes, inverted=False, scale=(1.0, 0.0)))[0]
    # What is thinner than a pixel of the network's picture would be gone at one half.
    outline = share >= 0.5 if (share >= 0.5).any() else share > 0
    return outline if outline.any() else None


def _masks_beside(folder: Path) -> dict[str, Path]:
    """Files by their stem."""
    places = [place for place in sorted(folder.parent.iterdir()) if place.is_dir() and place.name.lower() in _MASKS]
    return {file.stem: file for place in places[:1] for file in sorted(place.iterdir()) if file.is_file()}
