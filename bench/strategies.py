"""Every strategy on ``busi`` and ``cxr_nih``: the same weights, split and pixels; beside the linear probe, paired.

    python bench/strategies.py --data DIR [--size 128] [--epochs 5] [--rows knn ridge …] [--minutes 60] [--work DIR]

Each row is one ``medgraft fit`` as a whole process with seed 0. ``stacked`` has ``classical`` beside the default
backbone, ``distill`` learns from the run of the linear probe, ``per-site`` has a phantom of three sites, because
neither set has several. The linear probe is always fitted, first: every row is compared with it. Cheap rows go before
dear ones; a row that does not fit into ``--minutes`` by the estimate is left for the next call, which goes on from the
rows in the work folder (all of them: somewhat more than an hour on two idle cores). Writes its part of
``docs/benchmarks.md`` and of the pages in ``docs/strategies``.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
from page import replace_section

from medgraft.data.phantom.cohort import write_phantom
from medgraft.experiment import config
from medgraft.measure.paired import auroc_difference
from medgraft.transfer.strategies.strategy import STRATEGIES

PAGES = Path(__file__).resolve().parents[1] / "tools" / "strategy_pages.py"
BASELINE = "linear-probe"
TRAINING = {
    "busi": 500 + 124 / 3,
    "cxr_nih": 640 + 160 / 3,
}
"""Cases an epoch: of training, and of validation, which have no backward pass."""
SECONDS_A_CASE = 0.22 * (1 / 224) ** 2
"""Of a training step of the whole network on two idle cores, a pixel of the input: lp-ft in ``published.py``."""
SHARE = {"partial": 0.3, "gradual": 0.6, "bitfit": 0.8, "ssf": 0.8, "lora": 0.8, "adversarial": 3.0}
"""Of the time of lp-ft; 1 if not named."""
FROZEN = 0.3
"""Minutes of a fit on cached features."""
OPTIONS = {
    "stacked": ["--backbone", f"{config.DEFAULT_BACKBONE}+classical"],
    "knn": ["--with-gallery"],
    "per-site": ["--site-col", "site"],
}


def plan(chosen):
    """(data, strategy) in the order in which they are fitted."""
    trained = [name for name in STRATEGIES if STRATEGIES.get(name).needs_network]
    trained.sort(key=lambda name: SHARE.get(name, 1.0))
    frozen = [name for name in STRATEGIES if name not in (*trained, BASELINE, "per-site")]
    rows = [(data, name) for name in (BASELINE, *frozen) for data in TRAINING]
    rows += [("phantom, three sites", name) for name in (BASELINE, "per-site")]
    rows += [(data, name) for name in trained for data in TRAINING]
    wanted = {data for data, name in rows if name in chosen}
    return [(data, name) for data, name in rows if name in chosen or (name == BASELINE and data in wanted)]


def expected(data, name, options):
    """Minutes of a row on two idle cores."""
    if not STRATEGIES.get(name).needs_network:
        return FROZEN
    cases = TRAINING[data] * options.epochs * SHARE.get(name, 1.0)
    return FROZEN + cases * SECONDS_A_CASE * options.size**2 / 60


def folder_of(data, options):
    """Where the pictures are; the phantom is written once."""
    if data in TRAINING:
        return options.data / data
    folder = options.work / f"phantom-{options.size}"
    if not folder.exists():
        write_phantom(folder, patients=240, images_per_patient=(1, 2), sites=3, size=options.size, seed=0)
    return folder


def run_of(data, name, options):
    return options.work / f"{data.split(',')[0]}-{name}-{options.size}-{options.epochs}"


def fitted(data, name, options):
    """One fit as a whole process: its test and cross-validated AUROC, and minutes without the features."""
    run = run_of(data, name, options)
    words = ["fit", folder_of(data, options), "--out", run, "--strategy", name, "--json", "--overwrite", "--seed", "0"]
    words += ["--set", f"preprocess.size={options.size}", *OPTIONS.get(name, [])]
    words += ["--set", "evaluation.loso=false"]
    if STRATEGIES.get(name).needs_network:
        words += ["--set", f"strategy.epochs={options.epochs}"]
    if name == "distill":
        words += ["--set", f"strategy.teacher={run_of(data, BASELINE, options)}"]
    began = time.perf_counter()
    home = {"MEDGRAFT_HOME": str(options.work / "home")}
    command = [sys.executable, "-m", "medgraft", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **home})
    if done.returncode:
        raise SystemExit(f"{data}, {name}: {done.stderr}")
    seconds, told = time.perf_counter() - began, json.loads(done.stdout)
    found, spent = told["metrics"], told["timings"]
    return {
        "auroc": limits(found["test"]["auroc"]),
        "cv": limits(found["cv"]["auroc"]) if "cv" in found else None,
        "gap": None if name == BASELINE else gap(run, run_of(data, BASELINE, options), found["_meta"]),
        "minutes": (seconds - spent.get("embed", 0) - spent.get("engine", 0)) / 60,
        "text": json.loads((run / "timings.json").read_text("utf-8"))["facts"].get("text", ""),
    }


def limits(estimate):
    return {key: estimate[key] for key in ("value", "low", "high")}


def answers(run):
    """The rows of the test set, by case."""
    return pd.read_parquet(run / "predictions.parquet").query("split == 'test'").set_index("case_id").sort_index()


def gap(run, baseline, meta):
    """AUROC of a run minus that of the linear probe on the same test cases, paired."""
    ours, theirs = answers(run), answers(baseline)
    if list(ours.index) != list(theirs.index):
        raise SystemExit(f"{run.name} and {baseline.name} have other test cases")
    labels = meta["labels"]
    truth = ours["y_true"].map(labels.index).to_numpy()
    columns = [f"p_{label}" for label in labels]
    known = ours["patient_id"].notna().all()
    found = auroc_difference(
        truth,
        ours[columns].to_numpy(),
        theirs[columns].to_numpy(),
        positive=labels.index(meta["positive_label"]) if len(labels) == 2 else None,
        groups=pd.factorize(ours["patient_id"])[0] if known else None,
    )
    return {"value": found.difference, "low": found.low, "high": found.high}


def section(kept, left):
    """The table of ``docs/benchmarks.md``."""
    sys.path.append(str(PAGES.parent))
    from strategy_pages import cells, table

    told = kept["settings"]
    network = f"`{told['backbone']}` at {told['size']} px; strategies that train a network: at most"
    parts = [f"{network} {told['epochs']} epochs,\nwhich is little for `scratch` and `gradual`."]
    for data, rows in kept["rows"].items():
        head = ["strategy", "AUROC, test", f"minus {BASELINE}", "AUROC, cross-validation", "minutes:"]
        lines = [[f"[{name}](strategies/{name}.md)", *cells(row)] for name, row in rows.items()]
        parts.append(f"### {data}\n\n{table(head, lines)}")
    parts.append("`per-site` has no row on `busi` and `cxr_nih`: neither says of several sites which a case is from.")
    if left:
        parts.append("Not measured yet: " + ", ".join(f"{name} ({data})" for data, name in left) + ".")
    return "\n\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder that holds busi and cxr_nih")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rows", nargs="*", default=list(STRATEGIES), choices=list(STRATEGIES), metavar="NAME")
    parser.add_argument("--work", type=Path, default=Path("bench-work/strategies"))
    options = parser.parse_args()
    began = time.perf_counter()
    options.work.mkdir(parents=True, exist_ok=True)
    options.work, options.data = options.work.resolve(), options.data.resolve()
    file = options.work / f"rows-{options.size}-{options.epochs}.json"
    settings = {"backbone": config.DEFAULT_BACKBONE, "size": options.size, "epochs": options.epochs}
    kept = json.loads(file.read_text("utf-8")) if file.exists() else {"settings": settings, "rows": {}}
    todo = [row for row in plan(options.rows) if row[1] not in kept["rows"].get(row[0], {})]
    print(f"{len(todo)} rows, about {sum(expected(*row, options) for row in todo):.0f} minutes on two idle cores")
    for data, name in todo:
        if (time.perf_counter() - began) / 60 + expected(data, name, options) > options.minutes:
            print(f"{data}, {name}: left for the next call, {options.minutes:g} minutes are not enough", flush=True)
            continue
        row = kept["rows"].setdefault(data, {})[name] = fitted(data, name, options)
        file.write_text(json.dumps(kept, indent=1), "utf-8")
        print(f"{data}, {name}: {row['auroc']['value']:.3f}, {row['minutes']:.1f} minutes", flush=True)
    left = [row for row in plan(list(STRATEGIES)) if row[1] not in kept["rows"].get(row[0], {})]
    replace_section("strategies", section(kept, left))
    subprocess.run([sys.executable, PAGES, "--measured", file], check=True)


if __name__ == "__main__":
    main()
