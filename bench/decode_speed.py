"""Reading 12-bit DICOM of 2,048² against plain pydicom (``pixel_array``, ``apply_voi_lut``), in turn, in one process.

    python bench/decode_speed.py [--times 15]

Uncompressed is what is promised; compressed syntaxes are reported. Pixels are compared: ours are pydicom's result
scaled to 0…1 and rounded to float32. Writes its part of ``docs/pixels.md``.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pydicom
from page import replace_section
from pydicom.pixels import apply_voi_lut
from scipy import ndimage

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.twins.encoding import COMPRESSED, NATIVE, described, with_pixels, written


def film():
    """Smooth structure with noise, 12 bits."""
    rng = np.random.default_rng(0)
    smooth = ndimage.zoom(rng.random((32, 32)), 64, order=1)
    return np.clip(smooth * 3500 + rng.normal(300, 30, (2048, 2048)), 0, 4095).astype(np.uint16)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=15)
    options = parser.parse_args()
    reader, pixels = ImageReader(), film()
    lines = ["| syntax | pydicom, ms | medgraft, ms | times | equal |", "|---|---:|---:|---:|---|"]
    with tempfile.TemporaryDirectory() as folder:
        for name, syntax in {**NATIVE, **COMPRESSED}.items():
            dataset = described(
                Modality="DX", SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=16,
                BitsStored=12, HighBit=11, PixelRepresentation=0, WindowCenter=2000, WindowWidth=3000,
            )  # fmt: skip
            path = Path(folder) / f"{name}.dcm"
            path.write_bytes(written(with_pixels(dataset, pixels[None], syntax)))
            lines.append(row(name, path, reader, options.times if syntax in NATIVE.values() else 3))
            print(lines[-1], flush=True)
    replace_section("decode-speed", "\n".join(lines), page="pixels.md")


def row(name, path, reader, times):
    theirs, ours, equal = [], [], "pydicom cannot"
    for _ in range(times):
        began = time.perf_counter()
        mine = reader.read(path).shown()
        ours.append(time.perf_counter() - began)
        try:
            began = time.perf_counter()
            dataset = pydicom.dcmread(path)
            shown = apply_voi_lut(dataset.pixel_array, dataset)
            theirs.append(time.perf_counter() - began)
        except Exception:
            continue
        equal = "yes" if np.array_equal((shown / 4095).astype(np.float32), mine[0]) else "no"
    mean = f"{1000 * statistics.median(theirs):.0f}" if theirs else "–"
    ratio = f"{statistics.median(a / b for a, b in zip(theirs, ours, strict=False)):.1f}" if theirs else "–"
    return f"| {name} | {mean} | {1000 * statistics.median(ours):.0f} | {ratio} | {equal} |"


if __name__ == "__main__":
    main()
