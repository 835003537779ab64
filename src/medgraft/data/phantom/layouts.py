"""How a phantom cohort lies on the disk: one writer a layout, in ``LAYOUTS``.

    table    images/STEM.png  masks/STEM.png  boxes.csv  table.csv  README.txt     (what is known, in a table)
    folders  nodule/STEM.png  clear/STEM.png  README.txt                           (class folders, as users have them)
    dicom    images/STEM.dcm  masks/STEM.png  boxes.csv  table.csv  README.txt     (needs pydicom, a core dependency)

Boxes are pixels, half-open (``x0 <= x < x1``), joined to pictures by ``stem``. Masks are 0 / 255, one for
every case (all 0 in a clear one).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from medgraft.data.phantom.case import NOTICE, Case
from medgraft.data.phantom.png import encode_png
from medgraft.files import write_text
from medgraft.registry import Registry

__all__ = ["LAYOUTS", "Writer"]

Writer = Callable[[Path, Iterable[Case], int], None]
"""``writer(folder, cases, seed)`` writes everything; cases come one by one and are not kept."""

LAYOUTS: Registry[Writer] = Registry("phantom layout")

_BITS = 12
_COLUMNS = (
    "path", "label", "patient", "site", "modality", "mask", "nodules", "radius_mm", "x_px", "y_px", "spacing_mm"
)  # fmt: skip
_README = """\
SYNTHETIC DATA: a phantom, not patients.

{notice}
These are projection radiographs, computed by Beer-Lambert through a body of ellipsoids and tubes that was drawn
at random (seed {seed}), with quantum noise, scatter, detector blur and the processing of synthetic sites.
Nodules are spheres of known place and size. Made by medgraft; no rights are reserved in these files.
{layout}"""
_WITH_TRUTH = """
table.csv   one row a picture: path, label, patient, site, and the truth about its largest nodule
            (radius_mm: radius; x_px, y_px: column and row of its centre; empty where there is none)
boxes.csv   one row a nodule: stem of the picture, label, x0 y0 x1 y1 in pixels, half-open
masks/      255 where a nodule is seen, else 0
Pictures hold 12 bits (0 to 4095, dense is white) in 16.
"""
_CLASS_FOLDERS = """
Class folders. A file name is PATIENT-NUMBER.png; --patient-regex "^(P[0-9]+)-" finds the patient.
Pictures hold 12 bits (0 to 4095, dense is white) in 16.
"""


def _png(case: Case) -> bytes:
    """The picture as 16-bit PNG with 12 significant bits."""
    return encode_png(case.picture.pixels, bits=_BITS, spacing=case.picture.spacing, comment=NOTICE)


@LAYOUTS.register("table")
def write_table(folder: Path, cases: Iterable[Case], seed: int) -> None:
    """PNG files and a table."""
    _write_with_truth(folder, cases, seed, "png", _png)


@LAYOUTS.register("dicom")
def write_dicom(folder: Path, cases: Iterable[Case], seed: int) -> None:
    """DICOM files and a table; pixels equal those of the PNG layout with the same seed."""
    # Late, because pydicom takes half a second to import and the other layouts do without it.
    from medgraft.data.phantom.dicom_twin import encode_dicom

    _write_with_truth(folder, cases, seed, "dcm", lambda case: encode_dicom(case, seed))


@LAYOUTS.register("folders")
def write_folders(folder: Path, cases: Iterable[Case], seed: int) -> None:
    """PNG files in a folder for each label; no table, so that the folders speak for themselves."""
    for case in cases:
        _write(folder / case.label / f"{case.stem}.png", _png(case))
    write_text(folder / "README.txt", _README.format(notice=NOTICE, seed=seed, layout=_CLASS_FOLDERS))


def _write_with_truth(
    folder: Path, cases: Iterable[Case], seed: int, suffix: str, encode: Callable[[Case], bytes]
) -> None:
    """Pictures, masks, boxes, and the table last: a folder with a table is complete."""
    table: list[list[object]] = []
    boxes: list[list[object]] = []
    for case in cases:
        path, mask = f"images/{case.stem}.{suffix}", f"masks/{case.stem}.png"
        _write(folder / path, encode(case))
        silhouette = case.picture.mask.astype(np.uint8) * np.uint8(255)
        _write(folder / mask, encode_png(silhouette, bits=8, spacing=case.picture.spacing, comment=NOTICE))
        boxes += [[case.stem, case.label, *box] for box in case.picture.boxes]
        table.append([path, case.label, case.patient, case.site.name, "radiograph", mask, *_truth(case)])
    write_text(folder / "README.txt", _README.format(notice=NOTICE, seed=seed, layout=_WITH_TRUTH))
    write_text(folder / "boxes.csv", _csv(("stem", "label", "x0", "y0", "x1", "y1"), boxes))
    write_text(folder / "table.csv", _csv(_COLUMNS, table))


def _truth(case: Case) -> list[object]:
    """Number of nodules, radius (mm) and centre (pixels) of the largest, spacing (mm)."""
    spacing = f"{case.picture.spacing[0]:.6g}"
    if not case.nodules:
        return [0, "", "", "", spacing]
    largest = max(range(len(case.nodules)), key=lambda index: case.nodules[index].radius)
    x, y = case.picture.centres[largest]
    return [len(case.nodules), f"{case.nodules[largest].radius:.3f}", f"{x:.2f}", f"{y:.2f}", spacing]


def _csv(header: tuple[str, ...], rows: list[list[object]]) -> str:
    """Rows as CSV text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _write(path: Path, data: bytes) -> None:
    """Plainly: the table is written last and durably, and what a crash leaves is written again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
