"""What pretraining brings: probe AUROC from ImageNet, from weights made by ``pretrain``, and from both in turn.

    python bench/pretrain.py --data DIR [--size 128] [--epochs 20] [--cases N] [--work DIR]

Of ``busi`` and ``cxr_nih`` one half of the patients (of ``busi``, where patients are unknown, of the groups of
near-duplicates) is an archive whose labels are not looked at; the other half is judged, by the patient-grouped
cross-validation of ``rank`` on common folds. So no judged case was seen by any weights, and the notices of ``rank``
are counted to show it. Supervised weights come from ``pneumoniamnist``, VICReg's from both archives pooled; each from
random weights and from ImageNet's. ``--cases`` takes that many of each set, for a trial. Rows are kept in the work
folder and trainings have checkpoints, so that an interrupted run goes on. Writes its part of ``docs/benchmarks.md``
(with ``--cases`` it prints it only).
"""

import argparse
import csv
import json
import time
from pathlib import Path

import numpy as np
from page import replace_section

from medgraft.errors import UsageError
from medgraft.experiment.pretraining import pretrain_weights
from medgraft.experiment.ranking import rank_data
from medgraft.home import Home
from medgraft.progress import Progress

BACKBONE = "tf_efficientnet_lite0"
TARGETS = ("busi", "cxr_nih")
MODALITY = {"busi": "ultrasound", "cxr_nih": "radiograph"}
SOURCES = {
    "random": (f"{BACKBONE}@random", "random weights (control)"),
    "imagenet": (BACKBONE, "ImageNet"),
    "supervised": ("supervised", "`supervised` on pneumoniamnist, from random"),
    "vicreg": ("views", "`vicreg` on both archives, from random"),
    "imagenet-supervised": ("imagenet-supervised", "ImageNet, then `supervised`"),
    "imagenet-vicreg": ("imagenet-views", "ImageNet, then `vicreg`"),
}


def cases_of(data, name):
    """(path, label, group) of every case."""
    folder = data / name
    if name == "cxr_nih":
        with (folder / "manifest.csv").open() as file:
            return [(str(folder / row["file"]), row["class"], row["patient_id"]) for row in csv.DictReader(file)]
    files = sorted(file.relative_to(folder).as_posix() for file in folder.glob("*/*.png"))
    leader = {file: file for file in files}

    def root(file):
        while leader[file] != file:
            file = leader[file]
        return file

    with (folder / "near_duplicates.csv").open() as file:
        for row in csv.DictReader(file):
            if row["file_a"] in leader and row["file_b"] in leader:
                leader[root(row["file_b"])] = root(row["file_a"])
    return [(str(folder / file), file.partition("/")[0], root(file)) for file in files]


def halves(data, work, name, count):
    """Tables of the two halves: the archive without labels, and what is judged."""
    rows = cases_of(data, name)
    groups = np.random.default_rng(0).permutation(sorted({row[2] for row in rows}))
    archive = set(groups[: len(groups) // 2].tolist())
    places = []
    for part, chosen in (
        ("archive", [row for row in rows if row[2] in archive]),
        ("judged", [row for row in rows if row[2] not in archive]),
    ):
        if count:
            chosen = [chosen[place] for place in np.linspace(0, len(chosen) - 1, count).round().astype(int)]
        place = work / f"{name}-{part}-{count or 'all'}.csv"
        with place.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["path", "label", "patient_id"] if part == "judged" else ["path"])
            writer.writerows(chosen if part == "judged" else [[row[0]] for row in chosen])
        places.append(place)
    return places


def small_npz(data, work, count):
    """``pneumoniamnist``, or ``count`` cases of each of its parts."""
    whole = data / "pneumoniamnist" / "pneumoniamnist.npz"
    if not count:
        return whole
    place = work / f"pneumoniamnist-{count}.npz"
    with np.load(whole) as arrays:
        np.savez(place, **{name: arrays[name][:count] for name in arrays.files})
    return place


def make(key, data, options, home):
    """Train one source; its record and the wall minutes of this start."""
    method = "supervised" if key.endswith("supervised") else "vicreg"
    began = time.monotonic()
    flags = {
        "backbone.name": BACKBONE,
        "backbone.weights": None if key.startswith("imagenet") else "random",
        "preprocess.size": options.size,
        "pretext.epochs": options.epochs,
        "pretext.batch_size": options.batch,
    }
    out = options.work / f"{SOURCES[key][0]}.safetensors"
    given = {"method": method, "flags": flags, "home": home, "progress": Progress(), "overwrite": True}
    try:
        made = pretrain_weights(data[method], out, **given)
    except UsageError as error:  # nothing was learnt: that, too, is a result
        return {"refused": str(error), "minutes": (time.monotonic() - began) / 60}
    return {"record": made.record.model_dump(mode="json"), "minutes": (time.monotonic() - began) / 60}


def judge(table, name, sources, options, home):
    """``rank`` of all sources on the judged half."""
    flags = {"search.backbones": [SOURCES[key][0] for key in sources], "data.modality": MODALITY[name]}
    result = rank_data(table, flags={**flags, "preprocess.size": options.size}, home=home, progress=Progress())
    seen = sum("were seen" in text for text in result.warnings)
    return {"rows": result.rows, "cases": result.cases, "seen": seen, "left_out": result.left_out}


def section(rows, options):
    """The table and what was made."""
    judged = {name: rows[name] for name in TARGETS if name in rows}
    counts = ", ".join(f"{name} {item['cases']} cases" for name, item in judged.items())
    seen = sum(item["seen"] for item in judged.values())
    lines = [
        f"Probe AUROC at {options.size} px, grouped cross-validation ({counts}); in brackets the 95 % interval,",
        f"then the paired difference to the best. Notices that a judged case was seen: {seen}.",
        "",
        "| weights | " + " | ".join(judged) + " | epochs | min of training |",
        "|---|" + "---|" * len(judged) + "---:|---:|",
    ]
    for key, (name, title) in SOURCES.items():
        cells = []
        for item in judged.values():
            row = next((row for row in item["rows"] if row["name"] == name), None)
            if row is None:
                cells.append("–")
                continue
            probe, gap = row["probe"], row["to_best"]
            tie = ", ties" if row["ties_with_best"] and gap["value"] else ""
            apart = "best" if gap["value"] == 0 else f"{gap['value']:+.3f} ({gap['low']:+.3f} to {gap['high']:+.3f})"
            cells.append(f"{probe['value']:.3f} ({probe['low']:.3f}–{probe['high']:.3f}); {apart}{tie}")
        record = rows.get(key, {}).get("record")
        spent = ["–", "–"] if record is None else [str(record["kept_epoch"]), f"{record['minutes']:.1f}"]
        lines.append(f"| {title} | {' | '.join([*cells, *spent])} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds busi, cxr_nih and pneumoniamnist")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--cases", type=int, default=0, help="of each set, for a trial; 0: all")
    parser.add_argument("--work", type=Path, default=Path("bench-work/pretrain"))
    options = parser.parse_args()
    options.work = options.work.absolute()
    options.work.mkdir(parents=True, exist_ok=True)
    home = Home(options.work / "house")
    tables = {name: halves(options.data.absolute(), options.work, name, options.cases) for name in TARGETS}
    data = {
        "supervised": [small_npz(options.data.absolute(), options.work, options.cases)],
        "vicreg": [archive for archive, _ in tables.values()],
    }
    views = 2 * (2 * (5232 + 900) if not options.cases else 6 * options.cases) * options.epochs
    print(f"about {views * (options.size / 128) ** 2 / 40 / 60:.0f} minutes, of four trainings")
    file = options.work / f"rows-{options.size}-{options.epochs}-{options.cases}.json"
    rows = json.loads(file.read_text()) if file.exists() else {}
    for key in [key for key in SOURCES if key not in ("random", "imagenet")]:
        if key not in rows:
            rows[key] = make(key, data, options, home)
            file.write_text(json.dumps(rows))
            print(
                key,
                f"{rows[key]['minutes']:.1f} min",
                rows[key].get("refused") or rows[key]["record"]["measured"],
                flush=True,
            )
    for name in TARGETS:
        if name not in rows:
            rows[name] = judge(tables[name][1], name, SOURCES, options, home)
            file.write_text(json.dumps(rows))
            print(name, {row["name"]: round(row["probe"]["value"], 3) for row in rows[name]["rows"]}, flush=True)
            print(rows[name]["left_out"])
    if not options.cases:
        replace_section("pretrain", section(rows, options))
    print(section(rows, options))


if __name__ == "__main__":
    main()
