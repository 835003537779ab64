"""Outlines by transfer: the hippocampus in MR volumes, membranes in electron microscopy, the phantom's nodules, and what
keeping a frozen encoder's maps is worth.

    python bench/segmentation.py --data DIR [--sets hippocampus phantom cache membranes] [--work DIR]

*hippocampus*: ``msd_hippocampus``, a fifth of the volumes held out by a fixed draw (subjects are not published: two
volumes may be of one subject); a 3-D U-Net from scratch, 60 epochs. *membranes*: ``isbi2012``, the membrane is the
foreground, the last ten slices held out; 5, 10 and 20 of the others (a fifth of them validates), three draws, encoder
pretrained or from random weights, two learning rates each, chosen by validation Dice: the same search for both.
*phantom*: nodules outlined, against known truth. *cache*: seconds an epoch of the frozen phase on ``isbi2012``, with the
encoder's maps kept and computed each time, and the losses of both.

Each fit is a run in the work folder and each row is kept; the same command goes on from there. Writes its part of
``docs/benchmarks.md``.
"""

import argparse
import csv
import json
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section

import medgraft

SETS = ("hippocampus", "phantom", "cache", "membranes")
SIZES, DRAWS, RATES = (5, 10, 20), (0, 1, 2), (1e-3, 3e-3)
HELD_OUT = 10
MINUTES = {"hippocampus": 60, "phantom": 15, "cache": 4, "membranes": 150}


def peak():
    """GiB of the process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def fitted(table, out, **settings):
    """A run of a table with masks; settings of the section ``segmentation``. It goes on where it was broken off."""
    kind = settings.pop("kind", "lp-ft")
    options = {"task": "segmentation", **settings.pop("options", {})}
    began = time.monotonic()
    sets = [f"segmentation.{name}={json.dumps(value)}" for name, value in settings.items()]
    result = medgraft.fit(table, out=out, strategy=kind, options=options, set=sets)
    return result, (time.monotonic() - began) / 60


def told(estimate):
    """A number with its interval."""
    if estimate.get("low") is None:
        return f"{estimate['value']:.3f}"
    return f"{estimate['value']:.3f} ({estimate['low']:.3f} to {estimate['high']:.3f})"


def write_rows(path, rows):
    """A table of paths, masks and parts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "mask", "split"])
        writer.writerows(rows)


def trained_minutes(run):
    """Of the epochs themselves, whatever happened in between."""
    return float(pd.read_csv(run / "history.csv")["seconds"].sum()) / 60


def hippocampus(data, work):
    """One row."""
    folder = data / "msd_hippocampus"
    names = sorted(path.name for path in (folder / "imagesTr").iterdir() if (folder / "labelsTr" / path.name).exists())
    tested = set(np.random.default_rng(2026).permutation(len(names))[: round(0.2 * len(names))].tolist())
    rows = [
        (folder / "imagesTr" / name, folder / "labelsTr" / name, "test" if place in tested else "train")
        for place, name in enumerate(names)
    ]
    table = work / "hippocampus" / "table.csv"
    write_rows(table, rows)
    result, _ = fitted(table, work / "hippocampus" / "run", epochs=60, network="3d")
    return {"test": result.metrics["test"], "minutes": trained_minutes(result.run), "memory": peak()}


def phantom(data, work):
    """One row."""
    cohort = work / "phantom" / "cohort"
    if not (cohort / "table.csv").exists():
        medgraft.write_phantom(cohort, patients=150, seed=1)
    result, _ = fitted(cohort, work / "phantom" / "run", epochs=20)
    facts = json.loads((result.run / "outline_facts.json").read_text())
    row = {"test": result.metrics["test"], "minutes": trained_minutes(result.run), "memory": peak()}
    return {**row, "agreement": facts["agreement"]}


def membrane_table(data, path, training, seed):
    """The last slices test, a fifth of the chosen ones validates."""
    folder = data / "isbi2012"
    names = sorted(file.name for file in (folder / "images").iterdir())
    chosen = np.random.default_rng(seed).permutation(len(names) - HELD_OUT)[:training]
    parts = {int(place): "val" if number < max(1, training // 5) else "train" for number, place in enumerate(chosen)}
    parts |= {len(names) - 1 - number: "test" for number in range(HELD_OUT)}
    write_rows(path, [(folder / "images" / names[p], folder / "masks" / names[p], parts[p]) for p in sorted(parts)])


MEMBRANE = {"mask_values": {"0": "membrane", "255": "background"}, "modality": "microscopy"}


def membranes(data, work, size, draw, kind):
    """The run of the learning rate with the higher validation Dice."""
    folder = work / "membranes" / f"{size}-{draw}"
    membrane_table(data, folder / "table.csv", size, draw)
    found = []
    for rate in RATES:
        out = folder / f"{kind}-{rate:g}"
        result, _ = fitted(folder / "table.csv", out, kind=kind, options=MEMBRANE, epochs=30, lr=rate)
        found.append((result.metrics["val"]["dice"]["value"], rate, result))
    _, rate, result = max(found, key=lambda one: one[0])
    minutes = sum(trained_minutes(one.run) for _, _, one in found)
    return {"test": result.metrics["test"], "rate": rate, "minutes": minutes, "memory": peak()}


def cache(data, work):
    """Seconds an epoch of both, and how far their losses are apart."""
    folder = work / "cache"
    membrane_table(data, folder / "table.csv", 10, 0)
    histories = {}
    for name, gigabytes in (("kept", 4.0), ("computed", 0.0)):
        options = {"epochs": 0, "epochs_frozen": 12, "views": 4, "cache_gb": gigabytes, "precision": "float32"}
        result, _ = fitted(folder / "table.csv", folder / name, kind="linear-probe", options=MEMBRANE, **options)
        histories[name] = pd.read_csv(result.run / "history.csv")
    seconds = {name: float(history["seconds"].iloc[5:].median()) for name, history in histories.items()}
    apart = (histories["kept"]["val_loss"] - histories["computed"]["val_loss"]).abs().max()
    return {"seconds": seconds, "apart": float(apart)}


def section(rows):
    """Markdown."""
    lines = []
    if "hippocampus" in rows:
        row = rows["hippocampus"]
        each = row["test"]["per_class"]
        lines += [
            "| `msd_hippocampus` | Dice | HD95 mm | NSD |",
            "|---|---|---|---|",
            *(
                f"| {name} | {told(one['dice'])} | {told(one['hd95'])} | {told(one['nsd'])} |"
                for name, one in [("mean", row["test"]), ("anterior", each["1"]), ("posterior", each["2"])]
            ),
            "",
            f"{row['test']['dice']['n']} volumes held out; {row['minutes']:.0f} minutes of training, {row['memory']:.1f} "
            "GiB. Published on a GPU (nnU-Net, five folds): 0.899 anterior, 0.882 posterior. Subjects are not "
            "published: two volumes of one subject may lie on both sides.",
            "",
        ]
    if "phantom" in rows:
        row = rows["phantom"]
        (label, agreed), *_ = row["agreement"].items()
        lines += [
            f"Nodules of the phantom ({row['test']['dice']['n']} pictures held out): Dice {told(row['test']['dice'])}, "
            f"nodules found {told(row['test']['lesion_sensitivity'])}; predicted − true size of {label} "
            f"{agreed['bias']:.1f} (95 % of differences {agreed['low']:.1f} to {agreed['high']:.1f}) {agreed['unit']}; "
            f"{row['minutes']:.0f} minutes.",
            "",
        ]
    if "cache" in rows:
        row = rows["cache"]
        kept, computed = row["seconds"]["kept"], row["seconds"]["computed"]
        lines += [
            f"Frozen encoder, ten pictures of `isbi2012`: {kept:.1f} s an epoch with its maps kept, {computed:.1f} s with "
            f"them computed each time ({computed / kept:.2f}×); validation losses differ by at most {row['apart']:.1e}.",
            "",
        ]
    found = {key: row for key, row in rows.items() if key.startswith("membranes")}
    if found:
        lines += ["| pictures | draw | pretrained | scratch |", "|---|---|---|---|"]
        for size in SIZES:
            for draw in DRAWS:
                pair = [found.get(f"membranes-{size}-{draw}-{kind}") for kind in ("lp-ft", "scratch")]
                if any(pair):
                    cells = ["–" if one is None else told(one["test"]["dice"]) for one in pair]
                    lines.append(f"| {size} | {draw} | {cells[0]} | {cells[1]} |")
        lines += ["", "Dice of membranes on ten slices of the same block: its slices are alike, the intervals too narrow.", ""]
    return "\n".join(lines).strip() or "Not run yet."


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--work", type=Path, default=Path("bench-work/segmentation"))
    given = parser.parse_args()
    print(f"at most about {sum(MINUTES[name] for name in given.sets)} minutes on two idle cores", flush=True)
    given.work.mkdir(parents=True, exist_ok=True)
    path = given.work / "rows-segmentation.json"
    rows = json.loads(path.read_text()) if path.exists() else {}
    tasks = {name: (lambda name=name: globals()[name](given.data, given.work)) for name in given.sets if name != "membranes"}
    if "membranes" in given.sets:
        for size in SIZES:
            for draw in DRAWS:
                for kind in ("lp-ft", "scratch"):
                    tasks[f"membranes-{size}-{draw}-{kind}"] = lambda s=size, d=draw, k=kind: membranes(
                        given.data, given.work, s, d, k
                    )
    for name, make in tasks.items():
        if name not in rows:
            rows[name] = make()
            path.write_text(json.dumps(rows, indent=1))
        print(name, "done", flush=True)
    replace_section("segmentation", section(rows))


if __name__ == "__main__":
    main()
