"""Volumes as cases: attention over slices against the mean of slices and against an inflated network.

    python bench/volumes.py [--patients 200] [--work DIR]

Phantom CT volumes of 24 slices, half of them with a nodule in one to three. Five grouped folds, the same for all ways;
every volume is answered by a head that has not seen it. *Top slice* is the share of the volumes with a nodule whose
weightiest slice shows it. Features are cached, so that an interrupted run goes on. Writes its part of
``docs/pixels.md``.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section

from medgraft.data.cohort.folds import grouped_folds
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.volume import VolumePlan, write_volumes
from medgraft.experiment.build import build_source
from medgraft.experiment.config import resolve_config
from medgraft.experiment.stages.workspace import pictures_of
from medgraft.home import Home
from medgraft.measure.intervals.delong import auroc_influence
from medgraft.measure.patients import Patients
from medgraft.source.embedding.cases import embed_cases
from medgraft.transfer.strategies.strategy import STRATEGIES, Material

WINDOW = 'preprocess.intensity={"low": -1350, "high": 150}'
WAYS = {
    "attention, three adjacent slices": ("attention", []),
    "attention, one slice": ("attention", ["preprocess.planes=1"]),
    "mean of slices (linear probe)": ("linear-probe", []),
    "inflated network (linear probe)": ("linear-probe", ["backbone.volumes=inflated", "preprocess.planes=1"]),
}


def material(embedding, cohort, rows, labels):
    """Training cases of a fold, none for validation."""
    return Material(
        features=embedding.features[rows],
        slices=embedding.bags.take(rows),
        labels=labels[rows],
        groups=rows.astype(np.int64),
        is_val=np.zeros(len(rows), dtype=bool),
        index=rows.astype(np.int64),
        n_classes=2,
        pixels=None,
        backbone=None,
        modality="ct",
        checkpoints=Path(),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--work", type=Path, default=Path("bench-work/volumes"))
    options = parser.parse_args()
    work = options.work.resolve()
    data = work / f"phantom-{options.patients}"
    if not (data / "table.csv").exists():
        write_volumes(data, VolumePlan(patients=options.patients))
    home, reader = Home(work / "home"), ImageReader()
    cohort = read_cohort(data, CohortOptions(), home=home, reader=reader)
    truth = pd.read_csv(data / "table.csv", dtype=str).set_index("path")["nodule_slices"].fillna("")
    places = [Path(path).relative_to(data).as_posix() for path in cohort.table["path"]]
    shown = [{int(number) for number in truth[place].split()} for place in places]
    labels = np.array([int(bool(slices)) for slices in shown], dtype=np.int64)
    folds = grouped_folds(labels, np.arange(len(labels)), folds=5, seed=0)
    lines = ["| way | AUROC, out of fold (95 %) | top slice shows the nodule | head, s |", "|---|---:|---:|---:|"]
    for title, (kind, sets) in WAYS.items():
        config = resolve_config(sets=[WINDOW, f"strategy.kind={kind}", "strategy.repeats=0", *sets])
        pictures = pictures_of(cohort.table)
        job, preprocessing = build_source(config, pictures, home, reader)
        embedding = embed_cases(pictures, job, preprocessing, reader=reader)
        chances, hits, seconds = np.zeros(len(labels)), [], 0.0
        for number in np.unique(folds):
            held, seen = np.flatnonzero(folds == number), np.flatnonzero(folds != number)
            began = time.perf_counter()
            strategy = STRATEGIES.get(kind)(config.strategy_config())
            head = strategy.fit(material(embedding, cohort, seen, labels)).head
            seconds += time.perf_counter() - began
            bags = embedding.bags.take(held)
            chances[held] = head.answers(bags)[:, 1]
            if head.sharpness:
                weights = head.attention(bags)[:, 1]
                for place, case in enumerate(held):
                    top = int(weights[bags.starts[place] : bags.starts[place + 1]].argmax())
                    hits += [top in shown[case]] if shown[case] else []
        found = auroc_influence(labels == 1, chances, Patients.of(np.arange(len(labels)), len(labels)))
        low, high = found.interval()
        told = f"{np.mean(hits):.0%} of {len(hits)}" if hits else "–"
        lines.append(f"| {title} | {found.value:.3f} ({low:.3f}–{high:.3f}) | {told} | {seconds / 5:.1f} |")
        print(lines[-1], flush=True)
    replace_section("volumes", "\n".join(lines), page="pixels.md")


if __name__ == "__main__":
    main()
