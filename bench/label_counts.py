"""Where transfer pays: ImageNet weights against scratch and hand-crafted features, by the number of labelled cases.

    python bench/label_counts.py --data DIR [--draws 5] [--size 128] [--home DIR] [--work DIR]

On ``busi`` and ``cxr_nih``. The test cases are those of medgraft's patient-grouped split with seed 0, the same for all;
of the others, ``--counts`` cases are drawn: whole patients in a random order in which classes keep their shares, so
that of one draw the smaller numbers lie in the larger ones. Trainings that need validation cases take a fold of five of
the drawn ones (of four where a class has four patients). To be cheap, scratch sees pictures of ``--scratch-size`` and
takes about ``--scratch-steps`` steps of 16 cases whatever the number of cases; its best epoch is kept.

A mean over draws has an interval for both chances: of the drawn cases (Nadeau & Bengio's variance over draws, which
share n of N cases, ``measure/splits.py``) and of the test cases (bootstrap over patients), added in squares.
Features are computed once. Rows are kept in the work folder, so that an interrupted run goes on. Writes its part of
``docs/benchmarks.md``, and ``docs/images/labels.svg``.
"""

import argparse
import csv
import json
import math
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from label_svg import label_svg
from page import DOCS, replace_section
from pretrain import MODALITY, TARGETS, cases_of

from medgraft.data.cohort.folds import folds_for
from medgraft.experiment.build import build_workspace
from medgraft.experiment.config import resolve_config
from medgraft.experiment.sources import Sources
from medgraft.experiment.stages.embedding import embedding_stage
from medgraft.experiment.stages.splitting import split_stage
from medgraft.experiment.stages.workspace import pictures_of
from medgraft.home import Home
from medgraft.measure.intervals.bootstrap import bootstrap
from medgraft.measure.metrics.predictions import Predictions
from medgraft.measure.metrics.ranks import AUROC
from medgraft.measure.patients import Patients
from medgraft.measure.splits import split_difference
from medgraft.progress import Progress
from medgraft.source.embedding.prepared import PreparedPixels
from medgraft.transfer.selection.trial import answers_of, part_of
from medgraft.transfer.strategies.strategy import STRATEGIES

LITE, BATCH, REPLICATES = "tf_efficientnet_lite0", 16, 1000
MEMORY = Path("/dev/shm")
WAYS = {
    "linear-probe": (LITE, "ImageNet, linear probe"),
    "partial": (LITE, "ImageNet, its last half fine-tuned"),
    "scratch": (LITE, "same network from scratch"),
    "svm": ("classical", "hand-crafted features, SVM"),
    "random": (f"{LITE}@random", "random weights, linear probe"),
}
AGAINST = (("linear-probe", "scratch"), ("partial", "scratch"), ("linear-probe", "svm"), ("partial", "svm"))


class Pool:
    """One data set with its split. ``test`` and ``rest`` are rows of each material."""

    def __init__(self, name, options, home):
        table = options.work / f"{name}.csv"
        cases = cases_of(options.data.absolute(), name)
        with table.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["path", "label", "patient_id"])
            writer.writerows(cases[:: math.ceil(len(cases) / options.cases)] if options.cases else cases)
        config = resolve_config(sets=[f"preprocess.size={options.size}"], flags={"data.modality": MODALITY[name]})
        folder = options.work / f"run-{name}"
        self.work, _ = build_workspace(table, folder, config, home=home, progress=Progress(), overwrite=True)
        embedding_stage(self.work)
        split_stage(self.work)
        parts = np.array([part or "" for part in self.work.parts()])
        self.there = np.flatnonzero(parts != "")
        self.test, self.rest = (np.flatnonzero(chosen) for chosen in self._sides(parts[self.there] == "test"))
        names = tuple(self.work.cohort.table["case_id"].iloc[self.there].astype(str))
        whole = replace(self.work.split, train=names, val=(), test=())
        self._sources, self._made = Sources(replace(self.work, split=whole)), {}
        self._small = options.scratch_size

    @staticmethod
    def _sides(test):
        return test, ~test

    def material(self, way):
        """All cases as ``way`` sees them."""
        if way not in self._made:
            made = self._sources.make(WAYS[way][0]).material
            if way == "scratch":
                pictures = pictures_of(self.work.cohort.table.iloc[self.there])
                preprocessing = self.work.preprocessing.model_copy(update={"size": self._small})
                pixels = PreparedPixels(pictures, preprocessing, self.work.reader)
                made = replace(made, pixels=pixels, identity=f"{made.identity}|{self._small}")
            self._made[way] = made
        return self._made[way]


def drawn_order(labels, groups, seed):
    """Positions of all cases: patients in a random order, classes mixed so that each beginning has all their shares."""
    generator = np.random.default_rng(seed)
    names, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    place = np.empty(len(names))
    for label in np.unique(labels):
        inside = generator.permutation(np.flatnonzero(labels[first] == label))
        ends = np.cumsum(sizes[inside])
        place[inside] = (ends - sizes[inside] / 2) / max(1, ends[-1] if len(ends) else 1)
    order = np.argsort(place, kind="stable")
    return np.concatenate([np.flatnonzero(groups == names[group]) for group in order])


def settings_of(way, n, options):
    """What a strategy is told."""
    if way == "scratch":
        epochs = max(1, round(options.scratch_steps / max(1, round(0.8 * n / BATCH))))
        return "scratch", {"epochs": epochs, "patience": epochs, "batch_size": BATCH}
    if way == "partial":
        return "partial", {}
    return "svm" if way == "svm" else "linear-probe", {"repeats": 0}


def validation_of(labels, groups, draw):
    """A fold of five; where a class has one patient only, the patients of the last fifth of the order."""
    fold = folds_for(labels, groups, 5, draw)
    if fold is not None:
        return fold == 0
    last = drawn_order(labels, groups, draw)[-(len(labels) // 5) :]
    return np.isin(groups, groups[last])


def answered(pool, way, n, draw, options):
    """Probabilities of the test cases (m, classes) by ``way`` with ``n`` cases of a draw."""
    material = pool.material(way)
    labels, groups = material.labels[pool.rest], material.groups[pool.rest]
    rows = np.sort(pool.rest[drawn_order(labels, groups, draw)[:n]])
    kind, settings = settings_of(way, n, options)
    member = STRATEGIES.get(kind)
    is_val = np.zeros(len(rows), bool)
    if member.needs_validation:
        is_val = validation_of(material.labels[rows], material.groups[rows], draw)
    given = part_of(material, rows, is_val, f"{way}-{n}-{draw}")
    # Rows are what goes on after a break: checkpoints of trainings this small may lie in memory, where there is room.
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        done = member(member.Config(**settings)).fit(replace(given, checkpoints=Path(folder)))
    return answers_of(done, material, pool.test)


def facts_of(pool):
    """What the intervals need of a data set."""
    material = pool.material("linear-probe")
    return {
        "truth": material.labels[pool.test].tolist(),
        "groups": material.groups[pool.test].tolist(),
        "positive": pool.work.task.positive_index,
        "rest": len(pool.rest),
    }


def several(facts, stack):
    """AUROC of each draw (J,), and their mean in each bootstrap replicate (b,)."""
    truth = np.array(facts["truth"])
    samples = [Predictions.of(truth, chances, positive=facts["positive"]) for chances in np.array(stack)]
    each = [float(AUROC.overall(one, AUROC.compute(one))[0]) for one in (sample.unweighted() for sample in samples)]
    patients = Patients.of(np.array(facts["groups"]), len(truth))
    return np.array(each), bootstrap(samples, [AUROC], patients, REPLICATES, 0)["auroc"].overall


def interval(each, drawn, n, rest):
    """(mean, low, high); n of ``rest`` cases are drawn, so that two draws share the share n / rest of their cases."""
    found = split_difference(each, max(1, rest - n), n)
    reach = math.hypot(found.high - found.difference, 1.96 * float(np.nanstd(drawn)))
    return found.difference, found.difference - reach, found.difference + reach


def summed(rows, name, options):
    """{way: [(mean, low, high) a count]}, and {(way, other): [...]}."""
    facts, draws = rows[name], range(options.draws)
    values, gaps = {way: [] for way in WAYS}, {pair: [] for pair in AGAINST}
    for n in options.counts:
        found = {way: several(facts, [rows[f"{name}|{way}|{n}|{draw}"]["chances"] for draw in draws]) for way in WAYS}
        for way, (each, drawn) in found.items():
            mean, low, high = interval(each, drawn, n, facts["rest"])
            values[way].append((mean, max(0.0, low), min(1.0, high)))
        for one, other in AGAINST:
            each, drawn = (left - right for left, right in zip(found[one], found[other], strict=True))
            gaps[one, other].append(interval(each, drawn, n, facts["rest"]))
    return values, gaps


def section(rows, options):
    """Tables, and what the figure shows."""
    panels, lines = {}, []
    heads = "|---|" + "---|" * len(options.counts)
    for name in TARGETS:
        values, gaps = summed(rows, name, options)
        panels[name] = {WAYS[way][1]: cells for way, cells in values.items()}
        test = len(rows[name]["truth"])
        seconds = {way: [row["seconds"] for key, row in rows.items() if f"{name}|{way}|" in key] for way in WAYS}
        lines += [
            f"### {name}",
            "",
            f"AUROC of {test} test cases, mean of {options.draws} draws with 95 % interval; labelled cases drawn",
            f"from {rows[name]['rest']}. Pictures of {options.size} px; from scratch {options.scratch_size} px",
            f"and about {options.scratch_steps} steps of {BATCH} cases.",
            "",
            f"| way | {' | '.join(f'{n} cases' for n in options.counts)} | s a fit |",
            f"{heads}---:|",
        ]
        for way, cells in values.items():
            told = " | ".join(f"{value:.3f} ({low:.3f}–{high:.3f})" for value, low, high in cells)
            lines.append(f"| {WAYS[way][1]} | {told} | {np.median(seconds[way]):.1f} |")
        lines += ["", f"| paired difference | {' | '.join(f'{n} cases' for n in options.counts)} |", heads]
        for (one, other), cells in gaps.items():
            told = " | ".join(f"{value:+.3f} ({low:+.3f} to {high:+.3f})" for value, low, high in cells)
            lines.append(f"| {WAYS[one][1]} − {WAYS[other][1]} | {told} |")
        lines.append("")
    return "\n".join(lines).strip(), panels


def estimated_minutes(options):
    """Of a machine with two cores: most of it is scratch, then the fine-tuning."""
    scratch = options.scratch_steps * BATCH * 1.1 / (100 * (64 / options.scratch_size) ** 2) + 3
    tuned = np.mean(options.counts) * 8 / (100 * (128 / options.size) ** 2) + 4
    fits = len(TARGETS) * options.draws * len(options.counts)
    return (fits * (scratch + tuned + 2) + 60) / 60


def left_minutes(rows, options):
    """By what the fits took until now."""
    left = 0.0
    for n in options.counts:
        for way in WAYS:
            done = [row["seconds"] for key, row in rows.items() if f"|{way}|{n}|" in key]
            left += (len(TARGETS) * options.draws - len(done)) * (float(np.mean(done)) if done else 0.0)
    return left / 60


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds busi and cxr_nih")
    parser.add_argument("--draws", type=int, default=5, help="2 or more")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--counts", type=lambda text: [int(n) for n in text.split(",")], default=[25, 50, 100, 200])
    parser.add_argument("--scratch-size", type=int, default=64)
    parser.add_argument("--scratch-steps", type=int, default=80)
    parser.add_argument("--cases", type=int, default=0, help="of each set, for a trial that only prints; 0: all")
    parser.add_argument("--home", type=Path, help="whose cache is used")
    parser.add_argument("--work", type=Path, default=Path("bench-work/label_counts"))
    options = parser.parse_args()
    options.work = options.work.absolute()
    options.work.mkdir(parents=True, exist_ok=True)
    print(f"about {estimated_minutes(options):.0f} minutes", flush=True)
    home = Home.find(options.home)
    made = f"{options.size}-{options.scratch_size}-{options.scratch_steps}-{options.cases}"
    file = options.work / f"rows-{made}.json"
    rows = json.loads(file.read_text()) if file.exists() else {}
    for name in TARGETS:
        wanted = [(way, n, draw) for draw in range(options.draws) for n in options.counts for way in WAYS]
        missing = [one for one in wanted if "|".join([name, *map(str, one)]) not in rows]
        if not missing and name in rows:
            continue
        pool = Pool(name, options, home)
        rows[name] = facts_of(pool)
        for way, n, draw in missing:
            pool.material(way)  # not counted: features are computed once
            began = time.perf_counter()
            chances = answered(pool, way, n, draw, options)
            row = {"seconds": time.perf_counter() - began, "chances": np.round(chances, 6).tolist()}
            rows[f"{name}|{way}|{n}|{draw}"] = row
            file.write_text(json.dumps(rows))
            print(name, way, n, draw, f"{several(rows[name], [chances])[0][0]:.3f} {row['seconds']:.1f} s", flush=True)
            if way == list(WAYS)[-1] and n == options.counts[-1]:
                print(f"about {left_minutes(rows, options):.0f} minutes left", flush=True)
    text, panels = section(rows, options)
    if not options.cases:
        replace_section("label-counts", text)
        (DOCS / "images" / "labels.svg").write_text(label_svg(panels, options.counts), "utf-8")
    else:
        (options.work / "labels.svg").write_text(label_svg(panels, options.counts), "utf-8")
    print(text)


if __name__ == "__main__":
    main()
