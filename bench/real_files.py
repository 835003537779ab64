"""Real DICOM files: what is read, equal to its reference where it has one, or refused, beside plain pydicom.

    python bench/real_files.py --data FOLDER_OF_DATA_SETS

Reads the last picture of every file below ``dicom``. Files that plain pydicom does not decode, or that are refused
here, are listed. Writes its part of ``docs/pixels.md``.
"""

import argparse
import logging
import warnings
from pathlib import Path

import numpy as np
import pydicom
from page import replace_section

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import WHOLE, slice_member
from medgraft.errors import ReaderError


def ours(file, reader):
    member = reader.members(file)[-1]
    return reader.read(file, slice_member(reader.depth(file) - 1) if member == WHOLE else member)


def theirs(file):
    """``""`` where plain pydicom gives pixels, else what it raises."""
    try:
        _ = pydicom.dcmread(file).pixel_array
    except Exception as error:
        return type(error).__name__
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()
    folder, reader = options.data.resolve() / "dicom", ImageReader()
    files = sorted(folder.rglob("*.dcm"))
    lines = ["| file | medgraft | plain pydicom |", "|---|---|---|"]
    read = equal = compared = 0
    for file in files:
        failed = theirs(file)
        try:
            image, verdict = ours(file, reader), "read"
            read += 1
        except ReaderError as error:
            image, verdict = None, f"refused: {error}"
        reference = reference_of(file)
        if image is not None and reference is not None:
            compared += 1
            same = np.array_equal(image.pixels, reader.read(reference).pixels)
            equal += same
            verdict += "" if same else ", differs from its reference"
        if failed or verdict != "read":
            lines.append(f"| {file.relative_to(folder).as_posix()} | {verdict} | {failed or 'read'} |")
    lines += ["", f"{read} of {len(files)} files are read, {len(files) - read} refused; {equal} of the {compared} that"]
    lines.append("are losslessly compressed copies of an uncompressed file hold its pixels exactly.")
    print("\n".join(lines))
    replace_section("real-files", "\n".join(lines), page="pixels.md")


def reference_of(file):
    """The uncompressed twin in ``REF`` of a losslessly compressed file of the WG-04 set."""
    stem, _, kind = file.stem.rpartition("_")
    twin = file.parents[1] / "REF" / f"{stem}_UNC.dcm"
    return twin if kind in ("RLE", "JLSL", "JPLL", "J2KR") and twin.exists() else None


if __name__ == "__main__":
    main()
