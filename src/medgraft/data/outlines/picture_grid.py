"""The grid of a picture file by its header, without decoding a pixel; ``None`` where only decoding would tell.

Sizes are those of the upright picture, as ``ImageReader`` gives it. What cannot be parsed is ``None`` too: reading its
pixels will say what is wrong with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from medgraft.data.imaging.dicom.part10 import is_dicom
from medgraft.data.imaging.orientation import exif_orientation
from medgraft.data.imaging.png import PNG_MAGIC
from medgraft.data.imaging.tiff import TIFF_MAGICS
from medgraft.data.imaging.volume_reader import series_files
from medgraft.data.outlines.grid import Grid

__all__ = ["picture_grid"]

_JPEG, _BMP = b"\xff\xd8\xff", b"BM"
_WIDTH, _LENGTH, _ORIENTATION = 256, 257, 274
_TURNED = (5, 6, 7, 8)


def picture_grid(path: Path) -> Grid | None:
    """Of a picture or volume file, or a folder with a series."""
    try:
        if path.is_dir():
            return _series(series_files(path))
        if path.name.lower().endswith((".nii", ".nii.gz")):
            from medgraft.data.imaging.nifti import nifti_place

            shape, affine = nifti_place(path)
            return Grid(shape, affine) if len(shape) == 3 else None
        with path.open("rb") as file:
            head = file.read(256)
        if is_dicom(head):
            return _dicom(path)
        return _raster(path, head)
    except Exception:  # parsers raise anything; see the docstring
        return None


def _raster(path: Path, head: bytes) -> Grid | None:
    """By Pillow, which reads no pixel until it is asked to."""
    picture: Any
    with path.open("rb") as file:
        if head.startswith(PNG_MAGIC):
            picture = PngImagePlugin.PngImageFile(file)
        elif head.startswith(_JPEG):
            picture = JpegImagePlugin.JpegImageFile(file)
        elif head.startswith(TIFF_MAGICS):
            picture = TiffImagePlugin.TiffImageFile(file)
        elif head.startswith(_BMP):
            picture = BmpImagePlugin.BmpImageFile(file)
        else:
            return None
        width, height = picture.size
        turned = exif_orientation(picture.info.get("exif", b""))
        if head.startswith(TIFF_MAGICS):
            turned = int(picture.tag_v2.get(_ORIENTATION, 1))
            # as stored, since versions of Pillow differ in whether ``size`` is turned already
            width, height = int(picture.tag_v2[_WIDTH]), int(picture.tag_v2[_LENGTH])
        if head.startswith(PNG_MAGIC) and b"eXIf" in picture.png.fp.read():  # it may stand behind the pixels
            return None
    return Grid((width, height) if turned in _TURNED else (height, width))


def _dicom(path: Path) -> Grid | None:
    """One frame is a picture."""
    from medgraft.data.imaging.dicom.tags import frame_count, parse

    dataset = parse(path.read_bytes(), pixels=False)
    return Grid((int(dataset.Rows), int(dataset.Columns))) if frame_count(dataset) == 1 else None


def _series(files: list[Path]) -> Grid | None:
    """The only stack among files."""
    from medgraft.data.imaging.dicom.series import find_series
    from medgraft.data.imaging.dicom.tags import parse

    series, left = find_series((file, file.read_bytes()) for file in files)
    if len(series) != 1 or left:
        return None
    first = parse(series[0].slices[0].path.read_bytes(), pixels=False)
    return Grid((len(series[0].slices), int(first.Rows), int(first.Columns)), series[0].stack.affine)
