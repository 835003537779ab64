"""A large volume through a 3-D segmentation: peak memory and time of ``medgraft predict``.

    python bench/large_volume.py [--shape 512 512 300] [--overlap 0.5] [--limit 6]

A volume of 16-bit numbers with an offset (as CT has them; waves and balls, nothing drawn by chance) and untrained
networks of volumes of the default width with two structures, planned from the shape as ``fit`` plans: one at the
spacing of the volume, so that every voxel goes through it, and one at twice that, so that it is resampled there and
back. Each is a process of its own, whose peak is what the system says when it has ended; more than ``--limit`` GiB is
an error. Time goes with the number of windows, memory does not. Rows that are there are not made again (they lie in
``--work``). Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from page import replace_section

WAYS = {"own": 1.0, "twice": 2.0}
TOLD = {"own": "at the volume's spacing", "twice": "at twice its spacing"}
SPACING = (0.8, 0.8, 1.0)


def write_volume(path, shape):
    """Waves with a grid of balls, slice by slice."""
    import nibabel
    import numpy as np

    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    values = np.empty(shape, np.int16)
    for place in range(shape[2]):
        waves = 60 * np.sin(rows / 17) * np.cos(columns / 23 + place / 11)
        apart = [(axis % 64 - 32) ** 2 for axis in (rows, columns, np.float32(place))]
        values[:, :, place] = 1024 + waves + 200 * (sum(apart) < 15**2)
    image = nibabel.Nifti1Image(values, np.diag([*SPACING, 1.0]))
    image.header.set_slope_inter(1, -1024)
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)


def write_run(folder, shape, factor, overlap):
    """An untrained network of volumes, planned for cases of ``factor`` times the spacing."""
    from medgraft.data.imaging.preprocess import Preprocessing
    from medgraft.transfer.segmentation.bundle import OutlineBundle, write_outline_bundle
    from medgraft.transfer.segmentation.network import NetworkSpec, build_outliner
    from medgraft.transfer.segmentation.plan import Fingerprint, plan_for
    from medgraft.transfer.segmentation.settings import SegmentationSettings
    from medgraft.transfer.tasks.segmentation import Segmentation

    settings = SegmentationSettings(network="3d", overlap=overlap)
    depth, rows, columns = shape[2], shape[1], shape[0]
    found = tuple(max(1, round(side / factor)) for side in (depth, rows, columns))
    spacing = tuple(side * factor for side in reversed(SPACING))
    plan = plan_for(Fingerprint((found,), (spacing,), True), settings)
    task = Segmentation(("one", "two"))
    spec = NetworkSpec(1, 1 + len(task.labels), settings.decoder, settings.width, 0)
    recipe = Preprocessing(size=256, channels=1)
    write_outline_bundle(
        folder / "bundle",
        OutlineBundle(build_outliner(spec, plan, None), spec, plan, recipe, task, None, settings, "scratch"),
    )


def make(work, shape, overlap):
    """What is predicted, and with what; in a process of its own, since a child begins with its parent's peak."""
    if not (work / "volume.nii").exists():
        write_volume(work / "volume.nii", shape)
    for name, factor in WAYS.items():
        write_run(work / name, shape, factor, overlap)


def predicted(work, name):
    """Seconds, and GiB at the peak, of one prediction."""
    words = [sys.executable, "-m", "medgraft", "predict", str(work / name), str(work / "volume.nii")]
    began = time.monotonic()
    child = subprocess.Popen(
        [*words, "--out", str(work / f"{name}-masks"), "--overwrite", "--home", str(work / "home")],
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode or not (work / f"{name}-masks" / "volume.nii").is_file():
        sys.exit(f"predict ended with {child.returncode} and wrote no mask")
    return time.monotonic() - began, used.ru_maxrss / 2**20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", type=int, nargs=3, default=(512, 512, 300))
    parser.add_argument("--overlap", type=float, default=0.5, help="of windows, as segmentation.overlap")
    parser.add_argument("--limit", type=float, default=6.0, help="GiB that no prediction may exceed")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--work", type=Path, default=Path("bench-work/large-volume"))
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sides = "x".join(map(str, options.shape))
    work = options.work.resolve() / sides
    if options.make:
        return make(work, tuple(options.shape), options.overlap)
    again = [sys.executable, __file__, "--make", "--work", str(options.work), "--overlap", str(options.overlap)]
    subprocess.run([*again, "--shape", *map(str, options.shape)], check=True)
    kept = options.work.resolve() / "rows-large-volume.json"
    rows = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    for name in options.ways:
        key = f"{' × '.join(map(str, options.shape))} | {TOLD[name]} | {options.overlap:g}"
        if key not in rows:
            seconds, peak = predicted(work, name)
            rows[key] = f"{peak:.2f} | {seconds:.0f}"
            print(f"{key} | {rows[key]}", flush=True)
            if peak > options.limit:
                sys.exit(f"{peak:.2f} GiB at the peak; at most {options.limit:g} are allowed")
            kept.write_text(json.dumps(rows, indent=1, ensure_ascii=False), "utf-8")
    lines = ["| voxels | network of volumes | overlap | peak, GiB | time, s |", "|---|---|---:|---:|---:|"]
    replace_section("large-volume", "\n".join([*lines, *(f"| {key} | {row} |" for key, row in rows.items())]))
    return None


if __name__ == "__main__":
    main()
