"""MedMNIST's official splits beside the published rows, and lp-ft beside the probe.

    python bench/published.py --data FOLDER_OF_DATA_SETS [--work DIR] [--rows breastmnist …] [--again]

``breastmnist`` and ``pneumoniamnist`` with the split that comes with them (what leaks is taken out of the earlier
part, the test set is never touched). ``lp-ft-busi``: probe and lp-ft on one split of ``busi``. Rows are resumable;
writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from page import replace_section

PUBLISHED = {
    "breastmnist": {"ResNet-18 (28 px)": (0.901, 0.863), "ResNet-50 (28 px)": (0.857, 0.812)},
    "pneumoniamnist": {"ResNet-18 (28 px)": (0.944, 0.854), "ResNet-50 (28 px)": (0.948, 0.854)},
}
"""AUROC and accuracy on the test set, Yang et al., MedMNIST v2, Sci Data 2023."""

ROWS = {
    "breastmnist": ("breastmnist/breastmnist.npz", ["--modality", "ultrasound"]),
    "pneumoniamnist": ("pneumoniamnist/pneumoniamnist.npz", ["--modality", "radiograph"]),
    "probe-busi": ("busi", ["--modality", "ultrasound"]),
    "lp-ft-busi": ("busi", ["--modality", "ultrasound", "--strategy", "lp-ft"]),
}


def fit(data, options, run, home):
    """One fit as a whole process: its JSON, its wall seconds, and what its bundle says of the training."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "medgraft", "fit", data, "--out", run, "--json", *options]
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        env={**os.environ, "MEDGRAFT_HOME": str(home)},
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds = time.perf_counter() - began
    split = json.loads((run / "split.json").read_text("utf-8"))
    facts = json.loads((run / "timings.json").read_text("utf-8"))["facts"]
    return {**json.loads(done.stdout), "wall": seconds, "dropped": len(split["dropped"]), "facts": facts}


def cell(estimate):
    """Value and 95 % interval."""
    return f"{estimate['value']:.3f} ({estimate['low']:.3f}–{estimate['high']:.3f})"


def _note(row, accuracy):
    """What to know of the numbers."""
    taken = f"{row['dropped']} taken out of an earlier part because they also stand in a later one"
    where = accuracy.get("threshold_from", "–")
    return f"{accuracy['n']} test cases, patients unknown. {taken}. The threshold was chosen on {where}."


def published_tables(rows):
    """One table a MedMNIST set."""
    parts = []
    for name, others in PUBLISHED.items():
        if name not in rows:
            continue
        row = rows[name]
        test = row["metrics"]["test"]
        lines = [
            f"### {name}, official split",
            "",
            "| | AUROC | accuracy | wall, s |",
            "|---|---|---|---:|",
            f"| medgraft, probe on lite0 | {cell(test['auroc'])} | {cell(test['accuracy'])} | {row['wall']:.0f} |",
            *(f"| {who} | {auroc:.3f} | {accuracy:.3f} | |" for who, (auroc, accuracy) in others.items()),
            "",
            _note(row, test["accuracy"]),
        ]
        parts.append("\n".join(lines))
    return parts


def finetuned_table(rows):
    """lp-ft beside the probe."""
    if not {"probe-busi", "lp-ft-busi"} <= rows.keys():
        return []
    lines = [
        "### busi, lp-ft beside the probe (same split)",
        "",
        "| | AUROC | accuracy | minutes |",
        "|---|---|---|---:|",
    ]
    for name in ("probe-busi", "lp-ft-busi"):
        test = rows[name]["metrics"]["test"]
        minutes = rows[name]["wall"] / 60
        lines.append(
            f"| {name.removesuffix('-busi')} | {cell(test['auroc'])} | {cell(test['accuracy'])} | {minutes:.1f} |"
        )
    return ["\n".join([*lines, "", rows["lp-ft-busi"]["facts"]["text"]])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--work", type=Path, default=Path("bench-work"))
    parser.add_argument("--rows", nargs="*", default=list(ROWS))
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    work, data = options.work.resolve(), options.data.resolve()
    for name in options.rows:
        file = work / f"published-{name}.json"
        if options.again or not file.exists():
            source, flags = ROWS[name]
            row = fit(data / source, [*flags, "--overwrite"], work / f"run-{name}", work / "published-home")
            file.write_text(json.dumps(row), "utf-8")
            print(f"{name}: AUROC {cell(row['metrics']['test']['auroc'])}, {row['wall']:.0f} s", flush=True)
    files = {name: work / f"published-{name}.json" for name in ROWS}
    rows = {name: json.loads(file.read_text("utf-8")) for name, file in files.items() if file.exists()}
    replace_section("published", "\n\n".join([*published_tables(rows), *finetuned_table(rows)]))


if __name__ == "__main__":
    main()
