"""What is lost when 30 % of the answers of several labels are missing.

    python bench/multi_label.py [--patients 400] [--draws 5] [--backbone NAME] [--work DIR]

A phantom with three findings (a nodule; a large one; several), split by patient. In training and validation answers are
deleted at random, in several draws; the test cases keep theirs, so that all rows are of the same cases. Three ways:
all answers, the answers that are left (medgraft's), and complete cases only. The claim: with the answers that are left,
the macro AUROC lies within the interval of the one with all answers. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section

import medgraft
from medgraft.data.phantom.cohort import write_phantom

FINDINGS = ["nodule", "large", "several"]
MISSING = 0.3


def findings(folder, seed=0):
    """Path, patient, split and the three findings of every picture."""
    table = pd.read_csv(folder / "table.csv")
    found = table["nodules"] > 0
    large = found & (table["radius_mm"] > table["radius_mm"].median())
    answers = pd.DataFrame({"nodule": found, "large": large, "several": table["nodules"] > 2}).astype(float)
    patients = table["patient"].unique()
    part = np.random.default_rng(seed).choice(["train", "val", "test"], size=len(patients), p=[0.6, 0.15, 0.25])
    split = table["patient"].map(dict(zip(patients, part, strict=True)))
    return pd.concat([table[["path", "patient"]], answers, split.rename("split")], axis=1)


def deleted(table, seed):
    """The table without ``MISSING`` of the answers of training and validation."""
    gone = np.random.default_rng(seed).random((len(table), len(FINDINGS))) < MISSING
    gone &= (table["split"] != "test").to_numpy()[:, None]
    return table.assign(**{name: table[name].mask(gone[:, column]) for column, name in enumerate(FINDINGS)})


def fitted(table, data, name, options):
    """Metrics of the test part."""
    table.to_csv(data / f"{name}.csv", index=False)
    run = options.work / name
    shutil.rmtree(run, ignore_errors=True)
    asked = {"table": str(data / f"{name}.csv"), "label_col": FINDINGS}
    medgraft.fit(data, run, options=asked, backbone=options.backbone, home=options.work / "home")
    return json.loads((run / "metrics.json").read_text())["test"]


def cell(estimate):
    return f"{estimate['value']:.3f} ({estimate['low']:.3f} to {estimate['high']:.3f})"


def row(name, cases, found):
    each = " | ".join(cell(found["per_class"][label]["auroc"]) for label in FINDINGS)
    return f"| {name} | {cases} | {cell(found['auroc'])} | {each} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=400)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--backbone", default="tf_efficientnet_lite0")
    parser.add_argument("--work", type=Path, default=Path("bench-work/multi-label"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    data = options.work / f"cohort-{options.patients}-{options.size}"
    if not (data / "table.csv").exists():
        write_phantom(data, patients=options.patients, images_per_patient=(1, 3), size=options.size, seed=7)
    table = findings(data)
    seen = table["split"] != "test"
    whole = fitted(table, data, "all", options)
    lines = [
        f"{options.backbone}; AUROC on {whole['auroc']['n']} test cases, macro and of each finding.",
        "",
        f"| answers | training and validation cases | macro | {' | '.join(FINDINGS)} |",
        "|---|---:|---|---|---|---|",
        row("all", int(seen.sum()), whole),
    ]
    inside, gaps = 0, {"left": [], "complete": []}
    for draw in range(options.draws):
        fewer = deleted(table, draw)
        complete = fewer.dropna(subset=FINDINGS)
        left, only = (
            fitted(one, data, f"{name}-{draw}", options) for name, one in (("left", fewer), ("complete", complete))
        )
        inside += whole["auroc"]["low"] <= left["auroc"]["value"] <= whole["auroc"]["high"]
        for name, one in (("left", left), ("complete", only)):
            gaps[name].append(one["auroc"]["value"] - whole["auroc"]["value"])
        lines.append(row(f"70 %, draw {draw + 1}", int(seen.sum()), left))
        lines.append(row("complete cases only", int((complete["split"] != "test").sum()), only))
    left, complete = (f"{np.mean(gaps[name]):+.3f}" for name in ("left", "complete"))
    lines += [
        "",
        f"- {inside} of {options.draws} draws lie within the interval of the answer with all labels",
        f"- mean change of the macro AUROC: {left} with the answers that are left, {complete} with complete cases only",
    ]
    text = "\n".join(lines)
    replace_section("multi-label", text)
    print(text)


if __name__ == "__main__":
    main()
