"""``contour``: the outlines of a picture or a volume as a file for planning, with margins, sizes and distances.

Written into one folder: ``segmentation.dcm`` (SEG), ``structures.dcm`` (RTSTRUCT), or ``mask.nii``, ``mask.nii.gz`` or
``mask.png``; and ``measurements.json`` and ``.csv``. Objects of DICOM carry the patient's name and number as the series
does, so that a clinic can file them, and only their owner can read them (0600). A label map holds one structure a
voxel, so that structures with a margin are files of their own there: ``margin-ID``.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.imaging.dicom.part10 import is_dicom
from medgraft.errors import ReaderError, UsageError
from medgraft.experiment.tables import write_csv
from medgraft.files import write_bytes, write_json
from medgraft.use.clinical.dicom_seg import Code, dicom_seg
from medgraft.use.clinical.dicom_source import SourceSeries, source_series
from medgraft.use.clinical.distance import smallest_distance
from medgraft.use.clinical.follow_up import STATEMENT
from medgraft.use.clinical.margin import along_axes, reaches_edge, with_margin
from medgraft.use.clinical.mask_out import write_mask
from medgraft.use.clinical.measurements import measure_structures
from medgraft.use.clinical.rtstruct import rtstruct
from medgraft.use.prediction.segmented import Segmented

__all__ = ["FORMATS", "Contoured", "Planning", "contour_series"]

FORMATS = ("seg", "rtstruct", "nifti", "png")
_OF_DICOM = ("seg", "rtstruct")
Masks = dict[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class Planning:
    """``margin_mm``: one number, or three (left–right, front–back, head–foot), negative to shrink; ``distances``: pairs
    of structures; ``codes``: a JSON file of codes for SEG (see ``dicom_seg``)."""

    form: str = "seg"
    margin_mm: tuple[float, ...] = ()
    distances: tuple[tuple[str, str], ...] = ()
    codes: Path | None = None


@dataclass(frozen=True)
class Contoured:
    """``content``: what ``measurements.json`` holds; ``files``: what was written beside it."""

    content: dict[str, Any]
    files: list[Path]

    def to_json(self) -> dict[str, Any]:
        """The one object of ``--json``."""
        return {**self.content, "files": [str(path) for path in self.files]}


@dataclass(frozen=True)
class _Dicom:
    """The series that an object of DICOM refers to, and its codes; no series for other formats."""

    form: str
    series: SourceSeries | None
    codes: Mapping[str, Mapping[str, Code]]


def contour_series(source: Path, segment: Callable[[Path], Segmented], *, out: Path, planning: Planning) -> Contoured:
    """Outline ``source`` by ``segment`` and write what ``planning`` asks for into ``out``.

    Raises ``UsageError`` for what does not go together, ``DataError`` for what cannot be written, and what ``segment``
    raises. Where nothing at all is found, no DICOM object is written, and that is a note.
    """
    dicom = _checked(source, planning)
    try:
        found = segment(source)
    except ReaderError as error:
        raise ReaderError(f"outlining {source}: {error}") from error
    _require_fit(found, planning)
    masks = {label: found.labels == number for number, label in found.names.items()}
    notes: list[str] = []
    grown = _with_margins(masks, found, planning, notes)
    content = {
        "statement": STATEMENT,
        "format": planning.form,
        "structures": measure_structures(found.labels, found.names, found.spacing, found.affine),
        "margin_mm": list(planning.margin_mm),
        "with_margin": _measured(grown, found),
        "distances": [_distance(pair, masks, found, notes) for pair in planning.distances],
        "notes": notes,
    }
    files = _written((out, source), found, masks, grown, dicom, notes)
    write_json(out / "measurements.json", content)
    rows = [*content["structures"], *content["with_margin"]]
    write_csv(out / "measurements.csv", pd.DataFrame(rows))
    return Contoured(content, files)


def _checked(source: Path, planning: Planning) -> _Dicom:
    """What can be found out before anything is outlined: the series and the codes."""
    if planning.form not in FORMATS:
        raise UsageError(f"--format {planning.form}: there is no such format; known: {', '.join(FORMATS)}")
    if not source.exists():
        raise UsageError(f"contouring: no such file or folder: {source}")
    codes = {} if planning.codes is None else _read_codes(planning.codes)
    if codes and planning.form != "seg":
        raise UsageError(f"--codes: only SEG has codes, and --format is {planning.form}")
    if planning.form not in _OF_DICOM:
        return _Dicom(planning.form, None, codes)
    if source.is_file():
        with source.open("rb") as file:
            if not is_dicom(file.read(256)):
                raise UsageError(
                    f"--format {planning.form}: {source} is no DICOM series, to which such an object could refer; give "
                    "the folder of one, or --format nifti or png"
                )
    return _Dicom(planning.form, source_series(source), codes)


def _read_codes(path: Path) -> dict[str, dict[str, Code]]:
    """``{structure: {"category": [value, scheme, meaning], "type": […]}}``."""
    try:
        content = json.loads(path.read_bytes())
        return {str(name): {str(key): tuple(code) for key, code in entry.items()} for name, entry in content.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UsageError(
            f'--codes {path}: a JSON file is needed, as {{"liver": {{"type": ["10200004", "SCT", "Liver"]}}}} '
            f"({type(error).__name__})"
        ) from error


def _require_fit(found: Segmented, planning: Planning) -> None:
    """What is asked for has to fit what was outlined."""
    axes = found.labels.ndim
    if planning.form == "png" and axes != 2:
        raise UsageError("--format png: it is a volume, and a PNG holds one picture; use nifti, seg or rtstruct")
    if planning.form == "nifti" and axes != 3:
        raise UsageError("--format nifti: it is a flat picture; use png")
    named = {name for pair in planning.distances for name in pair}
    unknown = sorted(named - set(found.names.values()))
    if unknown:
        raise UsageError(
            f"--distance: there is no structure {unknown[0]!r}; there are {', '.join(found.names.values())}"
        )
    if found.spacing is None and (planning.margin_mm or planning.distances):
        raise UsageError("margins and distances are in mm, and the spacing of this picture is unknown")


def _with_margins(masks: Masks, found: Segmented, planning: Planning, notes: list[str]) -> Masks:
    """Every structure with the margin, by the name that says so."""
    if not planning.margin_mm or found.spacing is None:
        return {}
    margins = along_axes(planning.margin_mm, found.affine, found.labels.ndim)
    told = "/".join(f"{margin:+g}" for margin in planning.margin_mm)
    grown = {f"{label} {told} mm": with_margin(mask, found.spacing, margins) for label, mask in masks.items()}
    notes += [f"{name} is cut off at the edge of the picture" for name, mask in grown.items() if reaches_edge(mask)]
    return grown


def _measured(grown: Masks, found: Segmented) -> list[dict[str, Any]]:
    """Structures with a margin may overlap: each is measured alone."""
    return [
        {**row, "id": number}
        for number, (name, mask) in zip(found.names, grown.items(), strict=False)
        for row in measure_structures(mask.astype(np.uint8), {1: name}, found.spacing, found.affine)
    ]


def _distance(pair: tuple[str, str], masks: Masks, found: Segmented, notes: list[str]) -> dict[str, Any]:
    first, second = pair
    absent = [name for name in pair if not masks[name].any()]
    if absent or found.spacing is None:
        notes.append(f"{' and '.join(absent)}: not found, so that the distance {first} to {second} is not defined")
        return {"from": first, "to": second, "mm": None, "start": None, "end": None, "overlap_voxels": 0}
    apart = smallest_distance(masks[first], masks[second], found.spacing, found.affine)
    return {"from": first, "to": second, **apart.to_json()}


def _written(
    place: tuple[Path, Path], found: Segmented, masks: Masks, grown: Masks, dicom: _Dicom, notes: list[str]
) -> list[Path]:
    """The files that were asked for; ``place``: the folder, and what was outlined."""
    out, source = place
    if dicom.series is None:
        files = [write_mask(out / "mask", found.labels, source, found.affine, found.names)]
        for number, (name, mask) in zip(found.names, grown.items(), strict=False):
            labels = np.where(mask, np.uint8(number), np.uint8(0))
            files.append(write_mask(out / f"margin-{number}", labels, source, found.affine, {number: name}))
        return files
    every = {**masks, **grown}
    if not any(bool(mask.any()) for mask in every.values()):
        notes.append("nothing was found: no DICOM object is written")
        return []
    volumes = {name: mask if mask.ndim == 3 else mask[None] for name, mask in every.items()}
    affine = found.affine if found.labels.ndim == 3 else None
    if dicom.form == "seg":
        path, content = out / "segmentation.dcm", dicom_seg(volumes, dicom.series, affine=affine, codes=dicom.codes)
    else:
        made = datetime.datetime.now()
        path, content = out / "structures.dcm", rtstruct(volumes, dicom.series, made=made, affine=affine)
    write_bytes(path, content, private=True)
    return [path]
