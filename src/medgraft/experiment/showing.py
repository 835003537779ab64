"""``show``: what the file says, what the network will see of it, and every step in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medgraft.data.augmentation.policy import policy_for
from medgraft.data.imaging.decoder import member_index
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import WHOLE, slice_member
from medgraft.errors import ReaderError, UsageError
from medgraft.experiment.build import build_source
from medgraft.experiment.config import resolve_config
from medgraft.files import write_bytes
from medgraft.home import Home
from medgraft.source.embedding.sampling import Sampled
from medgraft.use.report.panels import draw_panels

__all__ = ["Shown", "show_file"]

_MOST_AUGMENTED = 32


@dataclass(frozen=True)
class Shown:
    """``steps``: from the file to the network's input; ``drawn``: what each augmented view drew."""

    out: Path
    steps: list[str]
    drawn: list[str]

    def to_json(self) -> dict[str, Any]:
        """The one object of ``--json``."""
        return {"out": str(self.out), "steps": self.steps, "augmentations": self.drawn}


def show_file(
    picture: Path,
    *,
    out: Path,
    member: str = "",
    augment: int = 0,
    file: Path | None = None,
    sets: Iterable[str] = (),
    flags: Mapping[str, Any] | None = None,
    home: Home | None = None,
    overwrite: bool = False,
) -> Shown:
    """Write ``out`` (PNG): the picture as its file shows it beside what the network sees, and augmented views of it.

    ``augment``: how many, 0 to 32, drawn by the modality's policy in consecutive epochs.
    """
    if out.exists() and not overwrite:
        raise UsageError(f"--out {out}: it exists already; give another name, or --overwrite")
    if not 0 <= augment <= _MOST_AUGMENTED:
        raise UsageError(f"--augment {augment}: 0 to {_MOST_AUGMENTED} views can be shown")
    config = resolve_config(file, sets, flags)
    reader, home = ImageReader(), home or Home.find()
    try:
        image, facts, volume = _opened(picture, member, reader)
    except ReaderError as error:
        raise ReaderError(f"showing {picture}: {error}") from error
    seen = Sampled(1 if image.is_grey else 3, image.modality, image.unit, volume)
    _, preprocessing = build_source(config, [], home, reader, seen)
    prepared = preprocessing.apply(image)
    modality = config.data.modality or image.modality
    policy, drawn = policy_for(str(modality)), []
    panels = [("as the file shows it", image.shown()), ("as the network sees it", prepared)]
    for epoch in range(1, augment + 1):
        view, draws = policy.augment(prepared, seed=config.seed, epoch=epoch, index=0)
        panels.append((f"augmented, epoch {epoch}", np.asarray(view)))
        drawn.append("; ".join(f"{draw.transform} {_numbers(draw.values)}" for draw in draws))
    steps = [*facts, *_described(image), *image.steps, *preprocessing.steps(image)]
    lines = [f"{number}. {step}" for number, step in enumerate(steps, start=1)]
    lines += [f"epoch {epoch}: {text}" for epoch, text in enumerate(drawn, start=1)]
    write_bytes(out, draw_panels(panels, lines), private=True)
    return Shown(out, steps, drawn)


def _numbers(values: Mapping[str, float]) -> str:
    return " ".join(f"{name} {value:.3g}" for name, value in values.items())


def _opened(path: Path, member: str, reader: ImageReader) -> tuple[Image, list[str], bool]:
    """The picture, or a slice of a volume (the middle one), what is to be said of the file, whether it is a volume."""
    members = reader.members(path)
    if members == [WHOLE]:
        depth = reader.depth(path)
        image = reader.read(path, slice_member(member_index(member, depth) if member else depth // 2))
        return image, [f"volume of {depth} slices", *image.findings], True
    chosen = member or members[len(members) // 2]
    several = [f"picture {chosen} of {len(members)}"] if len(members) > 1 else []
    return reader.read(path, chosen), several, False


def _described(image: Image) -> list[str]:
    """What the file holds, before anything is done to it."""
    channels, rows, columns = image.pixels.shape
    colour = "grey" if channels == 1 else "RGB"
    spacing = "unknown" if image.spacing is None else f"{image.spacing[0]:g} × {image.spacing[1]:g} mm"
    return [
        f"{rows} × {columns} {colour}, {image.pixels.dtype.name}, modality {image.modality}, spacing {spacing}",
        f"declared range {image.low:g}…{image.high:g} ({image.unit.value})",
    ]
