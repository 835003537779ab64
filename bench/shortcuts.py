"""Planted shortcuts: each has to be named; clean phantoms must not raise an alarm.

    python bench/shortcuts.py [--clean 50] [--data FOLDER_OF_DATA_SETS] [--work DIR]

Five are planted, each in a phantom of its own (corner marker, border, site = label, JPEG quality, size). With
``--data`` the real sets ``cxr_nih`` and ``busi`` are asked, too. Writes its part of ``docs/pixels.md``.
"""

import argparse
import csv
import shutil
from pathlib import Path

import numpy as np
from page import replace_section
from PIL import Image, ImageDraw

from medgraft.data.phantom.cohort import write_phantom
from medgraft.experiment.auditing import audit_data
from medgraft.home import Home

PATIENTS = 60


def phantom(folder, seed):
    """PNG class folders of 8 bits, patients known by name."""
    shutil.rmtree(folder, ignore_errors=True)
    source = folder.parent / f"{folder.name}-source"
    shutil.rmtree(source, ignore_errors=True)
    write_phantom(source, patients=PATIENTS, images_per_patient=(1, 2), size=128, seed=seed, layout="table")
    with (source / "table.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    folder.mkdir(parents=True)
    for row in rows:
        pixels = np.asarray(Image.open(source / row["path"])).astype(np.uint16)
        row["picture"] = Image.fromarray((pixels >> 4).astype(np.uint8))
        row["path"] = Path(row["path"]).name
    shutil.rmtree(source)
    return rows


def save(rows, folder, change=None, sites=True):
    """Pictures after ``change(picture, label)`` → (picture, suffix, options), and the table."""
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "patient", *(["site"] if sites else [])])
        for row in rows:
            picture, suffix, options = row["picture"], ".png", {}
            if change is not None:
                picture, suffix, options = change(picture, row["label"])
            name = Path(row["path"]).stem + suffix
            picture.save(folder / name, **options)
            writer.writerow([name, row["label"], row["patient"], *([row["site"]] if sites else [])])


def marker(picture, label):
    if label == "nodule":
        ImageDraw.Draw(picture).rectangle((4, 4, 13, 13), fill=255)
    return picture, ".png", {}


def border(picture, label):
    if label == "nodule":
        ImageDraw.Draw(picture).rectangle((0, 0, 127, 127), outline=0, width=4)
    return picture, ".png", {}


def quality(picture, label):
    return picture, ".jpg", {"quality": 60 if label == "nodule" else 90}


def size(picture, label):
    return picture.resize((120, 120) if label == "nodule" else (128, 128)), ".png", {}


PLANTED = {"corners": marker, "border": border, "encoding": quality, "size": size}


def named(folder, home):
    """cue → AUROC of what the audit names."""
    return {item["cue"]: item["auroc"] for item in audit_data(folder, home=home).audit["shortcuts"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clean", type=int, default=50)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--work", type=Path, default=Path("bench-work/shortcuts"))
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    home, lines = Home(work / "home"), ["| planted | named with AUROC | others named |", "|---|---:|---|"]
    for cue, change in PLANTED.items():
        rows = phantom(work / "planted", seed=1)
        save(rows, work / "planted", change, sites=False)
        lines.append(_row(cue, named(work / "planted", home)))
    rows = [{**row, "site": "ab"[row["label"] == "nodule"]} for row in phantom(work / "planted", seed=2)]
    save(rows, work / "planted")
    lines.append(_row("site", named(work / "planted", home)))
    alarms = []
    for seed in range(100, 100 + options.clean):
        rows = phantom(work / "clean", seed=seed)
        save(rows, work / "clean")
        alarms += [(seed, found)] if (found := named(work / "clean", home)) else []
        shutil.rmtree(work / "clean")
    lines += ["", f"False alarms on {options.clean} clean phantoms: {len(alarms)}."]
    print("alarms", alarms)
    if options.data is not None:
        for name in ("cxr_nih", "busi"):
            found = named(options.data.resolve() / name, home)
            told = ", ".join(f"{cue} {value:.2f}" for cue, value in found.items()) or "nothing"
            lines.append(f"- `{name}`: named {told}.")
    print("\n".join(lines))
    replace_section("shortcuts", "\n".join(lines), page="pixels.md")


def _row(cue, found):
    others = ", ".join(f"{name} {value:.2f}" for name, value in found.items() if name != cue) or "none"
    line = f"| {cue} | {found.get(cue, float('nan')):.2f} | {others} |"
    print(line, flush=True)
    return line


if __name__ == "__main__":
    main()
