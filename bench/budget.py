"""``medgraft fit --budget`` against the usual recipe, its unfrozen version, and fastai's ``fine_tune(10)``.

    python bench/budget.py --data FOLDER_OF_DATA_SETS [--work DIR] [--rows medgraft-busi-0 …] [--again] [--estimate]

All at 128 px from the same ImageNet weights (lite0). ``busi`` and ``cxr_nih`` on three splits, as a fit of that seed
makes them (patients and near-duplicates together); ``breastmnist`` and 600 training cases of ``pneumoniamnist``, drawn
once, on their official test sets. The other contestants learn from train and val together, as they need no val.
medgraft's budget is a third of the wall time of ``fine_tune(10)`` on that set (of its fastest split, so that noise is
not in our favour), 10 minutes at most; it starts from a cold cache, and has no source but these weights.

A row is a contestant on a split, in a process of its own: one JSON file in ``--work`` that holds its wall time and what
it answers for each test case. Rows that are there are not made again (``--again`` does). Nothing else may run
meanwhile. Needs fastai, here or on PYTHONPATH; without it its rows are left out, and ours, which need its time.
``--cases --size --epochs --budget`` are for a trial, whose table is printed only. Else it is written to
``docs/benchmarks.md``.
"""

import argparse
import csv
import importlib.util
import json
import math
from pathlib import Path

import numpy as np
from budget_tables import section
from linear_probe import machine_speed, medgraft, rows_of, script
from page import replace_section
from PIL import Image

BACKBONE = "tf_efficientnet_lite0"
SETS = {
    "busi": (3, "ultrasound"),
    "cxr_nih": (3, "radiograph"),
    "breastmnist": (1, "ultrasound"),
    "pneumoniamnist": (1, "radiograph"),
}
"""Splits, and what is told of the pictures."""
LEARNS_FROM = {"busi": 624, "cxr_nih": 800, "breastmnist": 623, "pneumoniamnist": 600}
SCRIPTS = {
    "fastai": ("fastai_learner.py", ["--fine-tune"]),
    "usual": ("usual_recipe.py", []),
    "unfrozen": ("usual_recipe.py", ["--unfrozen"]),
}
EACH = {"fastai": 0.042, "usual": 0.015, "unfrozen": 0.036}
"""Seconds of a training picture in an epoch, at 128 px, where the machine gives ``IDLE`` images a second."""
IDLE = 460
"""What ``machine_speed`` tells of the machine of the docs when nothing else runs on it."""
STARTING, SPLITTING = 12, 15
"""Seconds of a script beside its epochs, and of the fit that makes a split."""
MOST = 600
PNEUMONIA_CASES, SEED = 600, 0


def plan():
    """Row name → (contestant, data set, split), in the order in which they run: fastai's before ours."""
    return {
        f"{who}-{name}-{seed}": (who, name, seed)
        for name, (splits, _) in SETS.items()
        for who in ("split", *SCRIPTS, "medgraft")
        for seed in range(splits)
    }


def cases_of(name, options):
    """The folder of the pictures, and path, label, patient and given part of every case, both empty where unknown."""
    root = options.data / name
    if not (root / f"{name}.npz").exists():
        rows = [(*row, "") for row in rows_of(name, root)]
        return root, _spread(rows, options.cases)
    root = options.work / "pictures" / name
    root.mkdir(parents=True, exist_ok=True)
    rows = []
    with np.load(options.data / name / f"{name}.npz") as arrays:
        for part in ("train", "val", "test"):
            labels = arrays[f"{part}_labels"].ravel()
            for index, (pixels, label) in enumerate(zip(arrays[f"{part}_images"], labels, strict=True)):
                path = f"{part}-{index:04d}.png"
                if not (root / path).exists():
                    Image.fromarray(pixels).save(root / path)
                rows.append((path, f"class {label}", "", part))
    learn, test = ([row for row in rows if (row[3] == "test") == held] for held in (False, True))
    if name == "pneumoniamnist":
        drawn = np.random.default_rng(SEED).permutation(len(learn))[:PNEUMONIA_CASES]
        learn = [learn[index] for index in sorted(drawn)]
    return root, [*_spread(learn, options.cases), *_spread(test, options.cases)]


def _spread(rows, count):
    """All, or for a trial ``count`` of them from end to end."""
    return [rows[index] for index in np.linspace(0, len(rows) - 1, count).round().astype(int)] if count else rows


def write_table(target, columns, rows):
    with target.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return target


def our_fit(name, seed, options, extra=()):
    """``medgraft fit`` on the whole set, from a cold cache."""
    root, rows = cases_of(name, options)
    given = 4 if rows[0][3] else 3
    columns = ["path", "label", "patient_id", "split"][:given]
    table = write_table(options.rows_in / f"{name}.csv", columns, [row[:given] for row in rows])
    told = ["--seed", seed, "--modality", SETS[name][1], "--set", f"preprocess.size={options.size}", *extra]
    return medgraft(table, root, BACKBONE, "package", options.rows_in, extra=told)


def split_row(name, seed, options):
    """The parts as medgraft makes them; writes the table that the other contestants are given."""
    row = our_fit(name, seed, options)
    known = {path: (label, patient or path) for path, label, patient, _ in cases_of(name, options)[1]}
    parts = {"train": row["split"]["train"] + row["split"]["val"], "test": row["split"]["test"]}
    rows = [(path, known[path][0], part) for part, paths in parts.items() for path in sorted(paths)]
    write_table(options.rows_in / f"{name}-{seed}.csv", ["path", "label", "split"], rows)
    patients = {part: len({known[path][1] for path in paths}) for part, paths in parts.items()}
    return {**row, "parts": parts, "patients": patients}


def script_row(who, name, seed, options):
    """A yardstick on the same cases."""
    file, extra = SCRIPTS[who]
    root, table = cases_of(name, options)[0], options.rows_in / f"{name}-{seed}.csv"
    told = [*extra, "--epochs", options.epochs, "--size", options.size, "--seed", seed]
    row = script(file, table, root, BACKBONE, "package", options.rows_in / "answer.json", extra=told)
    learns_from = kept(f"split-{name}-{seed}", options)["parts"]["train"]
    return {**row, "pictures": len(learns_from) * options.epochs}


def medgraft_row(name, seed, options):
    """The ladder, in a third of fastai's time; on the very same cases."""
    budget = options.budget or f"{math.floor(min(min(fastai_walls(name, options)) / 3, MOST))}s"
    row = our_fit(name, seed, options, ["--budget", budget, "--backbones", BACKBONE])
    parts = kept(f"split-{name}-{seed}", options)["parts"]
    ours = {"train": row["split"]["train"] + row["split"]["val"], "test": row["split"]["test"]}
    if {part: set(paths) for part, paths in ours.items()} != {part: set(paths) for part, paths in parts.items()}:
        raise SystemExit(f"medgraft-{name}-{seed}: not the cases that the others were given")
    return {**row, "budget": budget}


def kept(name, options):
    """A row that is there, else ``None``."""
    file = options.rows_in / f"{name}.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else None


def fastai_walls(name, options):
    """Of the splits that are there."""
    rows = [kept(f"fastai-{name}-{seed}", options) for seed in range(SETS[name][0])]
    return [row["wall"] for row in rows if row is not None]


def lacking(name, options):
    """Why a row cannot be made, or ``""``."""
    who, dataset, seed = plan()[name]
    if who == "fastai" and importlib.util.find_spec("fastai") is None:
        return "fastai is not installed, nor on PYTHONPATH"
    if who == "medgraft" and not options.budget and not fastai_walls(dataset, options):
        return f"its budget is a third of fastai's time, and there is no row of fastai on {dataset}"
    if who != "split" and kept(f"split-{dataset}-{seed}", options) is None:
        return f"there is no split-{dataset}-{seed}"
    return ""


def make(name, options):
    """Make one row and keep it."""
    who, dataset, seed = plan()[name]
    before = machine_speed()
    if who in SCRIPTS:
        row = script_row(who, dataset, seed, options)
    else:
        row = (split_row if who == "split" else medgraft_row)(dataset, seed, options)
    row["machine"] = [before, machine_speed()]
    file = options.rows_in / f"{name}.json"
    file.with_suffix(".new").write_text(json.dumps(row), "utf-8")
    file.with_suffix(".new").replace(file)
    print(f"{name}: {row['wall']:.1f} s", flush=True)


def expected(name, options):
    """Seconds of a row at ``IDLE`` speed: by the rows of this contestant that are there, else by ``EACH``."""
    who, dataset, _ = plan()[name]
    if who == "split":
        return SPLITTING
    if who == "medgraft":
        third = min(expected(f"fastai-{dataset}-0", options) / 3, MOST)
        return STARTING + (float(options.budget.removesuffix("s")) if options.budget else third)
    pictures = min(options.cases or math.inf, LEARNS_FROM[dataset]) * options.epochs
    there = [kept(row, options) for row, (other, *_) in plan().items() if other == who]
    each = [sum(row["seconds_per_epoch"]) / row["pictures"] * np.mean(row["machine"]) / IDLE for row in there if row]
    return STARTING + pictures * (np.mean(each) if each else EACH[who] * (options.size / 128) ** 2)


def estimate(todo, options):
    """In words."""
    minutes, speed = sum(expected(name, options) for name in todo) / 60, machine_speed()
    idle = f"{len(todo)} rows to make, about {minutes:.0f} minutes at {IDLE} images a second (see machine_speed)"
    return f"{idle}; just now the machine gives {speed:.0f}, which makes it {minutes * IDLE / speed:.0f} minutes"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder that holds the four sets")
    parser.add_argument("--work", type=Path, default=Path("bench-work/budget"))
    parser.add_argument("--rows", nargs="*", default=None, help="only these; default: all that are missing")
    parser.add_argument("--again", action="store_true", help="also those that are there")
    parser.add_argument("--estimate", action="store_true", help="tell how long it will take, and stop")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--cases", type=int, default=0, help="of each set, for a trial; 0: all")
    parser.add_argument("--budget", default=None, help="in seconds, as 20s, for a trial; default: a third of fastai's")
    options = parser.parse_args()
    unknown = set(options.rows or []) - set(plan())
    if unknown:
        parser.error(f"no such rows: {', '.join(sorted(unknown))}; there are {', '.join(plan())}")
    options.data, options.work = options.data.resolve(), options.work.resolve()
    options.rows_in = (
        options.work / f"{options.size}px-{options.epochs}-{options.cases or 'all'}-{options.budget or 'third'}"
    )
    options.rows_in.mkdir(parents=True, exist_ok=True)
    return options


def main():
    options = arguments()
    wanted = [name for name in plan() if options.rows is None or name in options.rows]
    todo = [name for name in wanted if options.again or kept(name, options) is None]
    print(estimate(todo, options), flush=True)
    if options.estimate:
        return
    for name in todo:
        reason = lacking(name, options)
        if reason:
            print(f"{name}: left out, {reason}", flush=True)
        else:
            make(name, options)
    rows = {name: row for name in plan() if (row := kept(name, options)) is not None}
    text = section(rows, SETS, options)
    real = (options.size, options.epochs, options.cases, options.budget) == (128, 10, 0, None)
    if real and any(name.startswith("medgraft") for name in rows):
        replace_section("budget", text)
    print(text)


if __name__ == "__main__":
    main()
