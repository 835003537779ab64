"""A case as the network sees it, and the way back: pixels and label map on the planned grid.

Volumes are brought to canonical axes (Superior, Posterior, Left), the planned axis first, and resampled to the planned
spacing; pictures are made smaller or larger as planned. Intensities are those of ``Preprocessing``. A label map goes
the same way by the nearest voxel. Back on the case's own grid each voxel is called by the largest probability, which
is interpolated linearly first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.volume import Volume
from medgraft.errors import DataError
from medgraft.transfer.segmentation.plan import Plan, Shape

__all__ = ["Axes", "Prepared", "Study", "as_stored", "axes_of", "called_back", "largest", "measured", "prepare"]

Labels = NDArray[np.uint8]
UNKNOWN = 255
"""In a prepared label map: not looked at."""


@dataclass(frozen=True)
class Study:
    """A case as it is stored: a picture or a volume, and its label map (H, W) or (D, H, W) on the same grid, where
    there is one."""

    content: Image | Volume
    labels: Labels | None = None


Studies = Callable[[int], Study]
"""The case of a row."""


@dataclass(frozen=True)
class Axes:
    """``order``: which stored axis becomes each one of the planned grid; ``turned``: which are turned round then."""

    order: tuple[int, int, int]
    turned: tuple[bool, bool, bool]

    def there(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """(D, H, W) as stored → as planned."""
        turned = tuple(axis for axis, backwards in enumerate(self.turned) if backwards)
        return np.flip(np.transpose(values, self.order), turned)

    def back(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """The way back."""
        turned = tuple(axis for axis, backwards in enumerate(self.turned) if backwards)
        return np.transpose(np.flip(values, turned), tuple(int(place) for place in np.argsort(self.order)))


def axes_of(content: Image | Volume, axis: int) -> Axes:
    """Of a case whose canonical ``axis`` comes first; a picture stays as it is."""
    if isinstance(content, Image):
        return Axes((0, 1, 2), (False, False, False))
    order, turned = content.canonical_axes()
    places = [axis, *(place for place in range(3) if place != axis)]
    first, second, third = (order[place] for place in places)
    return Axes((first, second, third), (turned[places[0]], turned[places[1]], turned[places[2]]))


def measured(content: Image | Volume, axis: int = 0) -> tuple[Shape, tuple[float, float, float] | None]:
    """Shape and spacing (mm) in the planned order of axes."""
    if isinstance(content, Image):
        rows, columns = content.pixels.shape[1:]
        spacing = None if content.spacing is None else (1.0, *content.spacing)
        return (1, int(rows), int(columns)), spacing
    axes = axes_of(content, axis)
    stored = content.values.shape[1:]
    known = content.spacing
    shape = (int(stored[axes.order[0]]), int(stored[axes.order[1]]), int(stored[axes.order[2]]))
    if known is None:
        return shape, None
    return shape, (known[axes.order[0]], known[axes.order[1]], known[axes.order[2]])


@dataclass(frozen=True)
class Prepared:
    """``pixels`` (C, D, H, W) float32 in [0, 1]; ``labels`` (D, H, W) or ``None``; ``shape``: before resampling, in the
    planned order; ``axes``: the way back; ``flat``: it was a picture."""

    pixels: NDArray[np.float32]
    labels: Labels | None
    shape: Shape
    axes: Axes
    flat: bool


def prepare(study: Study, plan: Plan, preprocessing: Preprocessing) -> Prepared:
    """See the module. Raises ``DataError`` for a label map of another size, ``ReaderError`` as ``Preprocessing``."""
    content = study.content
    axes = axes_of(content, plan.axis)
    shape, spacing = measured(content, plan.axis)
    pixels = _toned(content, preprocessing, axes)
    labels = None
    if study.labels is not None:
        stored = study.labels[None] if study.labels.ndim == 2 else study.labels
        labels = np.ascontiguousarray(axes.there(stored)).astype(np.uint8)
        if labels.shape != shape:
            raise DataError(
                f"preparing a case: its label map has the shape {study.labels.shape}, the picture {shape}; they must "
                "lie on one grid"
            )
    target = _target(shape, plan.factor(shape, spacing))
    if target != shape:
        pixels = _resampled(pixels, target)
        labels = None if labels is None else _nearest(labels, target)
    return Prepared(pixels, labels, shape, axes, isinstance(content, Image))


def called_back(probability: NDArray[np.floating], prepared: Prepared) -> Labels:
    """(classes, D, H, W) on the planned grid → the label map on the case's own grid, as stored: (H, W) for a picture.

    One class at a time, so that a large volume needs the memory of two.
    """

    def there(plane: NDArray[np.floating]) -> NDArray[np.float32]:
        known = np.asarray(plane, dtype=np.float32)
        return known if known.shape == prepared.shape else _resampled(known[None], prepared.shape)[0]

    return as_stored(largest(map(there, probability), prepared.shape), prepared)


def largest(planes: Iterable[NDArray[np.floating]], shape: Sequence[int]) -> Labels:
    """Which of the planes, each of ``shape``, is the largest at each place; the first of equal ones."""
    called = np.zeros(tuple(shape), dtype=np.uint8)
    best: NDArray[np.floating] | None = None
    for number, plane in enumerate(planes):
        if best is None:
            best = plane.copy()
            continue
        better = plane > best
        np.copyto(best, plane, where=better)
        called[better] = number
    return called


def as_stored(called: Labels, prepared: Prepared) -> Labels:
    """A label map on the case's grid in the planned order of axes → as the case is stored: (H, W) for a picture."""
    stored: Labels = np.ascontiguousarray(prepared.axes.back(called)).astype(np.uint8, copy=False)
    return stored[0] if prepared.flat else stored


def _toned(content: Image | Volume, preprocessing: Preprocessing, axes: Axes) -> NDArray[np.float32]:
    """(C, D, H, W) in [0, 1], in the planned order."""
    if isinstance(content, Image):
        return preprocessing.toned(content)[:, None]
    percentiles = content.percentiles() if preprocessing.intensity == "percentile" else None
    stored = content.values.shape[1:]
    shape = tuple(stored[axis] for axis in axes.order)
    toned = np.empty((0, *shape), np.float32)
    for place in range(stored[0]):
        plane = preprocessing.toned(content.plane(place, percentiles))
        if not len(toned):  # filled where it is needed: the whole volume stands in memory once
            toned = np.empty((len(plane), *shape), np.float32)
        for channel, values in zip(toned, plane, strict=True):
            axes.back(channel)[place] = values
    return toned


def _target(shape: Shape, factor: tuple[float, float, float]) -> Shape:
    depth, rows, columns = (max(1, round(side * share)) for side, share in zip(shape, factor, strict=True))
    return depth, rows, columns


def _resampled(values: NDArray[np.float32], target: Shape) -> NDArray[np.float32]:
    """(C, D, H, W) linearly at ``target``; a picture that gets smaller is smoothed against aliasing."""
    there = torch.from_numpy(np.ascontiguousarray(values))
    if values.shape[1] == target[0] == 1:
        flat = F.interpolate(there.transpose(0, 1), target[1:], mode="bilinear", antialias=True, align_corners=False)
        return flat.transpose(0, 1).numpy()
    found: NDArray[np.float32] = F.interpolate(there[None], target, mode="trilinear", align_corners=False)[0].numpy()
    return found


def _nearest(labels: Labels, target: Shape) -> Labels:
    there = torch.from_numpy(labels[None, None].astype(np.float32))
    found: Labels = F.interpolate(there, target, mode="nearest-exact")[0, 0].numpy().astype(np.uint8)
    return found
