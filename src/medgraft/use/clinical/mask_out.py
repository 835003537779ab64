"""Outlines as a file on the grid, and in the format, of the picture that they outline.

NIfTI: the source's header with its qform, its sform and their codes, its order of axes, and uint8 ids without scaling;
the free texts of a header, which may name a patient, are not taken over. Other volumes become NIfTI, too, with their
affine. Pictures: PNG with a palette whose indices are the ids, as large as the picture is upright. A file is there
whole or not at all.
"""

from __future__ import annotations

import gzip
import importlib.metadata
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from medgraft.data.outlines.grid import Grid
from medgraft.errors import DataError, ReaderError, UsageError
from medgraft.files import write_bytes

__all__ = ["COLOURS", "nifti_mask", "png_mask", "write_mask"]

COLOURS = (
    *((0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0)),
    (204, 121, 167),
)
"""Black, then the seven colours of Okabe and Ito, which colour-blind eyes tell apart; they repeat."""

_SCANNER = 1
"""sform_code: coordinates of the scanner."""


def write_mask(
    target: Path,
    labels: NDArray[np.uint8],
    source: Path,
    affine: NDArray[np.float64] | None,
    names: Mapping[int, str],
) -> Path:
    """Write ``labels`` (H, W) or (D, H, W), ids of ``names`` and 0, beside the name ``target`` without its ending,
    which follows the format of ``source``; returns the path.

    ``affine``: of ``labels``, index (d, h, w) → mm RAS, whatever the order of axes in ``source``; ``None`` where it is
    unknown: then the number of voxels decides. Raises ``UsageError`` for what is no label map, ``DataError`` where it
    does not lie on the grid of ``source``.
    """
    _require_ids(labels, names)
    name = source.name.lower()
    ending = ".png" if labels.ndim == 2 else ".nii" if name.endswith(".nii") else ".nii.gz"
    path = target.with_name(target.name + ending)
    if labels.ndim == 2:
        content = png_mask(labels)
    else:
        is_nifti = name.endswith((".nii", ".nii.gz"))
        content = nifti_mask(labels, affine, source if is_nifti else None)
    write_bytes(path, gzip.compress(content, mtime=0) if ending == ".nii.gz" else content)
    return path


def _require_ids(labels: NDArray[Any], names: Mapping[int, str]) -> None:
    """Whole numbers, each with a name."""
    if labels.dtype != np.uint8 or labels.ndim not in (2, 3) or not labels.size:
        raise UsageError(
            f"writing a mask: got {labels.dtype} of shape {labels.shape}; uint8 ids (H, W) or (D, H, W) are needed"
        )
    foreign = sorted(set(np.unique(labels).tolist()) - {0, *names})
    if foreign:
        raise DataError(f"writing a mask: it holds the id {foreign[0]}, which has no name; known: {dict(names)}")


def png_mask(labels: NDArray[np.uint8]) -> bytes:
    """A PNG whose palette's indices are the ids."""
    picture = PillowImage.fromarray(np.ascontiguousarray(labels))
    picture.putpalette([part for number in range(256) for part in _colour(number)])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _colour(number: int) -> tuple[int, int, int]:
    return COLOURS[0] if number == 0 else COLOURS[1 + (number - 1) % (len(COLOURS) - 1)]


def nifti_mask(labels: NDArray[np.uint8], affine: NDArray[np.float64] | None, source: Path | None) -> bytes:
    """A NIfTI file, not compressed: on the grid of the NIfTI file ``source``, or with ``affine`` of its own."""
    image: Any = _like(labels, affine, source) if source is not None else _own(labels, affine)
    header = image.header
    header["descrip"] = f"medgraft {importlib.metadata.version('medgraft')}; research use only".encode()
    for text in ("aux_file", "intent_name", "db_name"):
        if text in header:
            header[text] = b""
    header["cal_min"], header["cal_max"] = 0, 0
    header.set_intent("label")
    return bytes(image.to_bytes())


def _own(labels: NDArray[np.uint8], affine: NDArray[np.float64] | None) -> Any:
    """A file of its own, mm; unknown geometry stays unknown."""
    image: Any = nibabel.Nifti1Image(labels, affine)  # type: ignore[no-untyped-call]
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=0 if affine is None else _SCANNER)
    image.set_qform(None, code=0)
    return image


def _like(labels: NDArray[np.uint8], affine: NDArray[np.float64] | None, source: Path) -> Any:
    """On the source's grid, with its header."""
    original: Any = nibabel.load(source)
    header = original.header.copy()
    coded = [header.get_sform(coded=True), header.get_qform(coded=True)]
    there = next((np.asarray(each, dtype=np.float64) for each, code in coded if code), None)
    try:
        placed = Grid(tuple(int(side) for side in original.shape[:3]), there).aligned(labels, affine)
    except ReaderError as error:
        raise DataError(f"writing the mask of {source}: {error}") from error
    header.set_data_dtype(np.uint8)
    header.set_slope_inter(1, 0)
    made: Any = type(original)(placed, None, header)  # no affine: the header's qform and sform stay bit for bit
    made.header.extensions.clear()
    return made
