"""Grades learnt as grades against grades learnt as classes: quadratic κ and mean error, paired.

    python bench/ordinal.py [--data DIR] [--patients 300] [--size 128] [--work DIR]

On a phantom graded by its largest nodule (none, small, middle, large; thirds), and on ``busi`` (normal, benign,
malignant). Both probes see the same features and answer for the same patient-grouped folds, 5 × 3. Rows are kept in the
work folder. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section

from medgraft.data.phantom.cohort import write_phantom
from medgraft.experiment.fitting import fit_run

DRAWS = 2000


def graded_phantom(work, patients):
    """The table of a phantom with a grade a picture, and the grades from the lowest."""
    folder = work / "phantom"
    if not folder.exists():
        write_phantom(folder, patients=patients, images_per_patient=(1, 2), size=192, seed=11)
    table = pd.read_csv(folder / "table.csv")
    grades = ["none", "small", "middle", "large"]
    sizes = table["radius_mm"]
    found = table["nodules"] > 0
    cuts = np.quantile(sizes[found], [1 / 3, 2 / 3])
    table["grade"] = np.where(found, np.array(grades[1:])[np.searchsorted(cuts, sizes.fillna(0))], "none")
    table["path"] = [str((folder / path).resolve()) for path in table["path"]]
    table[["path", "patient", "grade"]].to_csv(work / "grades.csv", index=False)
    return work / "grades.csv", grades, {"data.label_col": "grade"}


def out_of_fold(data, run, flags, size):
    """Truth and call (repeats, n), and patients, of cross-validation."""
    fit_run(data, run, sets=[f"preprocess.size={size}"], flags=flags, overwrite=True)
    rows = pd.read_parquet(run / "predictions.parquet").query("split == 'cv'")
    parts = [part.sort_values("case_id") for _, part in rows.groupby("repeat")]
    first = parts[0]
    groups = pd.factorize(first["patient_id"].fillna(first["case_id"]))[0]
    return first["y_true"].to_numpy(), np.stack([part["y_pred"] for part in parts]), groups


def scores(truth, called, weights, grades):
    """Quadratic κ and mean error in grades, means over the repeats, of cases that count ``weights`` (n,)."""
    place = {name: number for number, name in enumerate(grades)}
    t = np.array([place[name] for name in truth])
    found = []
    for repeat in called:
        c = np.array([place[name] for name in repeat])
        seen = np.average((t - c) ** 2, weights=weights)
        k = len(grades)
        left, right = (np.bincount(x, weights, k) / weights.sum() for x in (t, c))
        chance = (left[:, None] * right * (np.arange(k)[:, None] - np.arange(k)) ** 2).sum()
        found.append([1 - seen / chance, np.average(np.abs(t - c), weights=weights)])
    return np.mean(found, axis=0)


def measured(data, grades, flags, args, name):
    """Both ways, and their paired difference."""
    runs = {}
    for way, more in (("grades", {"data.order": grades}), ("classes", {})):
        runs[way] = out_of_fold(data, args.work / f"{name}-{way}", {**flags, **more}, args.size)
    truth, ours, groups = runs["grades"]
    theirs = runs["classes"][1]
    ones = np.ones(len(truth))
    value, other = scores(truth, ours, ones, grades), scores(truth, theirs, ones, grades)
    rng, gaps = np.random.default_rng(0), []
    for _ in range(DRAWS):
        weights = np.bincount(rng.integers(0, groups.max() + 1, groups.max() + 1), minlength=groups.max() + 1)[groups]
        weights = weights.astype(float)
        gaps.append(scores(truth, ours, weights, grades) - scores(truth, theirs, weights, grades))
    low, high = np.percentile(gaps, [2.5, 97.5], axis=0)
    return {
        "n": len(truth),
        "grades": grades,
        "ours": value.tolist(),
        "theirs": other.tolist(),
        "low": low.tolist(),
        "high": high.tolist(),
    }


def table_of(rows):
    """Markdown."""
    lines = [
        "| data | cases | κ, grades | κ, classes | difference | error, grades | error, classes | difference |",
        "|---|---:|---:|---:|---|---:|---:|---|",
    ]
    for name, row in rows.items():
        cells = []
        for k in (0, 1):
            gap = row["ours"][k] - row["theirs"][k]
            cells += [f"{row['ours'][k]:.3f}", f"{row['theirs'][k]:.3f}"]
            cells += [f"{gap:+.3f} ({row['low'][k]:+.3f} to {row['high'][k]:+.3f})"]
        lines.append(f"| {name}: {', '.join(row['grades'])} | {row['n']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--patients", type=int, default=300)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--work", type=Path, default=Path("bench-work/ordinal"))
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    kept = args.work / "rows.json"
    rows = json.loads(kept.read_text()) if kept.exists() else {}
    if "phantom" not in rows:
        rows["phantom"] = measured(*graded_phantom(args.work, args.patients), args, "phantom")
        kept.write_text(json.dumps(rows))
    if args.data and "busi" not in rows:
        rows["busi"] = measured(args.data / "busi", ["normal", "benign", "malignant"], {}, args, "busi")
        kept.write_text(json.dumps(rows))
    text = table_of(rows)
    print(text)
    replace_section("ordinal", text)


if __name__ == "__main__":
    main()
