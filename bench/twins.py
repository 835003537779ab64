"""One phantom in hundreds of encodings: what medgraft, plain pydicom and MONAI's reader make of each.

    python bench/twins.py         (MONAI's column needs: pip install monai; without it the column says so)

*medgraft*: ``ImageReader.read`` and ``Image.values`` (volumes: ``Volume.canonical``). *pydicom*: ``dcmread``,
``pixel_array`` and ``apply_modality_lut`` (volumes: sorted by InstanceNumber, as most scripts do). *MONAI*:
``LoadImage`` with its ``PydicomReader`` (NIfTI: ``NibabelReader``) and ``Orientation``. A twin is right where its
values equal the truth within its tolerance. Writes its part of ``docs/pixels.md``.
"""

import collections
import importlib.util
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pydicom
from page import replace_section
from pydicom.pixels import apply_color_lut, apply_modality_lut

from medgraft.data.imaging.dicom.series import find_series, series_volume
from medgraft.data.imaging.nifti import read_nifti
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.twins.colour import colour_truth, colour_twins, ybr_of
from medgraft.data.phantom.twins.grey import grey_truth, grey_twins
from medgraft.data.phantom.twins.volumes import volume_truth, volume_twins

READER = ImageReader()
MONAI = importlib.util.find_spec("monai") is not None


def truth_of(twin):
    """Values to compare with: (H, W), (H, W, 3) or (D, H, W)."""
    if twin.family == "grey":
        return grey_truth().astype(float)
    if twin.family == "volume":
        return volume_truth()[0].astype(float)
    rgb = colour_truth()
    if "ybr-full-422" not in twin.traits:
        return rgb.astype(float)
    ybr = ybr_of(rgb)
    ybr[:, 1::2, 1:] = ybr[:, ::2, 1:]
    return np.clip(
        (ybr - [0, 128, 128]) @ np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]]).T, 0, 255
    )


def ours(twin, files):
    if twin.family == "volume":
        if "nifti" in twin.traits:
            return read_nifti(files[0], 10**7).canonical().values[0]
        (series,), _ = find_series([(file, file.read_bytes()) for file in files])
        return series_volume(series, READER.read).canonical().values[0]
    image = READER.read(files[0], twin.member)
    return image.values()[0] if twin.family == "grey" else np.moveaxis(image.shown(), 0, 2) * 255


def by_pydicom(twin, files):
    datasets = [pydicom.dcmread(file) for file in files]
    if twin.family == "volume":
        datasets.sort(key=lambda dataset: int(dataset.get("InstanceNumber", 0)))
    frames = [apply_modality_lut(dataset.pixel_array, dataset) for dataset in datasets]
    if twin.family == "volume":
        return np.concatenate([frame if frame.ndim == 3 else frame[None] for frame in frames])
    values = frames[0]
    if datasets[0].PhotometricInterpretation == "PALETTE COLOR":
        values = apply_color_lut(datasets[0].pixel_array, datasets[0])
        values = values / (257 if values.dtype.itemsize == 2 else 1)
    return values[int(twin.member)] if twin.member else values


def by_monai(twin, files):
    from monai.transforms import LoadImage, Orientation

    nifti = "nifti" in twin.traits
    load = LoadImage(reader="NibabelReader" if nifti else "PydicomReader", image_only=True, ensure_channel_first=True)
    image = load(str(files[0]) if len(files) == 1 else str(files[0].parent))
    if twin.family == "volume":
        return np.transpose(np.asarray(Orientation("LPS")(image))[0], (2, 1, 0))
    values = np.asarray(image)
    if twin.family == "colour":
        return np.transpose(values.squeeze(), (2, 1, 0)) if values.shape[0] == 3 else np.transpose(values[0], (1, 0))
    values = values[0, ..., int(twin.member)] if twin.member and values.ndim == 4 else values[0]
    return values.squeeze().T


def verdict(read, twin, files, truth):
    """``right``, ``wrong`` or the name of what was raised."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = np.asarray(read(twin, files), dtype=float)
    except Exception as error:
        return type(error).__name__
    if found.shape != truth.shape:
        return "wrong shape"
    return "right" if np.abs(found - truth).max() <= twin.tolerance + 1e-3 else "wrong"


def trap(twin):
    """The row of the table: what is special about the twin."""
    special = [word for word in twin.traits if word not in ("monochrome2", "explicit")]
    if twin.family == "volume":
        return f"volume: {' '.join(word for word in twin.traits if word not in ('axial', 'in-order'))}"
    if twin.family == "colour":
        return f"colour: {twin.traits[0]}" + (" multi-frame" if "multi-frame" in twin.traits else "")
    for name in ("enhanced", "multi-frame", "bare", "junk", "u12-high", "monochrome1", "lut", "several", "sigmoid"):
        if name in special:
            return f"grey: {name}"
    return f"grey: {twin.traits[2] if len(twin.traits) > 2 else special[0]}"


def main():
    counts = collections.defaultdict(lambda: collections.defaultdict(collections.Counter))
    total = 0
    readers = {"medgraft": ours, "pydicom": by_pydicom, **({"MONAI": by_monai} if MONAI else {})}
    for twin in (*grey_twins(), *colour_twins(), *volume_twins()):
        total += 1
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for name, content in twin.files.items():
                files.append(Path(folder) / name)
                files[-1].write_bytes(content)
            for name, read in readers.items():
                counts[trap(twin)][name][verdict(read, twin, files, truth_of(twin))] += 1
    lines = [f"| trap | twins | {' | '.join(readers)} |", f"|---|---:|{'---|' * len(readers)}"]
    for row in sorted(counts):
        twins = sum(counts[row]["medgraft"].values())
        cells = []
        for name in readers:
            found = counts[row][name]
            wrong = ", ".join(f"{n} {kind}" for kind, n in sorted(found.items()) if kind != "right")
            cells.append(f"{found['right']} right" + (f"; {wrong}" if wrong else ""))
        lines.append(f"| {row} | {twins} | {' | '.join(cells)} |")
    note = "" if MONAI else "\n\nMONAI was not installed when this was made."
    sums = {name: sum(counts[row][name]["right"] for row in counts) for name in readers}
    lines.append(f"| **all** | **{total}** | {' | '.join(f'**{sums[name]} right**' for name in readers)} |")
    print("\n".join(lines))
    replace_section("twins", "\n".join(lines) + note, page="pixels.md")


if __name__ == "__main__":
    main()
