"""DICOM files → series → ``Volume``.

Frames are grouped by SeriesInstanceUID and by geometry (direction, spacing, size, echo, time): a series with a
localizer or two orientations is more than one stack. Each stack is ordered by place (``geometry``). Values are put
together after each frame's own rescale, because PET has a slope a slice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medgraft.data.imaging.dicom.geometry import Plane, Stack, plane_of, stacked
from medgraft.data.imaging.dicom.tags import FrameTags, frame_count, parse
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.volume import Volume
from medgraft.errors import ReaderError

__all__ = ["Series", "SliceSource", "find_series", "series_volume"]


@dataclass(frozen=True)
class SliceSource:
    """One frame of one file, and where it lies."""

    path: Path
    member: str
    plane: Plane


@dataclass(frozen=True)
class Series:
    """One stack of slices, in order. ``uid`` is the SeriesInstanceUID: private, it can be traced to a patient."""

    uid: str
    slices: tuple[SliceSource, ...]
    stack: Stack


def find_series(
    files: Iterable[tuple[Path, bytes]],
) -> tuple[list[Series], list[tuple[Path, str]]]:
    """The stacks among files (path and content), and what is no slice of one, with the reason.

    A file that cannot be parsed raises whatever the parser raises: the caller stands at the boundary.
    """
    groups: dict[tuple[Any, ...], list[SliceSource]] = {}
    left: list[tuple[Path, str]] = []
    for path, data in files:
        dataset = parse(data, pixels=False)
        frames = frame_count(dataset)
        for index in range(frames):
            tags = FrameTags(dataset, index)
            plane = plane_of(tags)
            if plane is None:
                left.append((path, "it says not where it lies (position, orientation or spacing is missing)"))
                break
            groups.setdefault(_key(tags, plane), []).append(SliceSource(path, str(index) if frames > 1 else "", plane))
    return [_series(key[0], sources) for key, sources in groups.items()], left


def _key(tags: FrameTags, plane: Plane) -> tuple[Any, ...]:
    """What slices of one stack have in common."""
    names = ("SeriesInstanceUID", "Rows", "Columns", "EchoNumbers", "TemporalPositionIdentifier", "AcquisitionNumber")
    return (*(tags.text(name) for name in names), *plane.alike())


def _series(uid: str, sources: Sequence[SliceSource]) -> Series:
    stack = stacked([source.plane for source in sources])
    return Series(uid, tuple(sources[place] for place in stack.order), stack)


def series_volume(series: Series, decode: Callable[[Path, str], Image]) -> Volume:
    """The volume of a stack; ``decode`` gives the picture of a file and a member."""
    images = [decode(source.path, source.member) for source in series.slices]
    first = images[0]
    for image in images[1:]:
        if image.pixels.shape != first.pixels.shape or image.unit is not first.unit:
            raise ReaderError("its slices differ in size, colour or unit; they are no volume")
    return Volume(
        values=np.stack([image.values() for image in images], axis=1),
        affine=series.stack.affine,
        low=min(image.low for image in images),
        high=max(image.high for image in images),
        unit=first.unit,
        modality=first.modality,
        voi=first.voi,
        inverted=first.inverted,
        steps=(*first.steps, f"{len(images)} slices in the order of their places"),
        findings=series.stack.findings,
    )
