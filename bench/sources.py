"""Several sources: two backbones side by side and stacked on ``busi``; three phantom sites pooled, weighted, left out.

    python bench/sources.py [--data DIR] [--home DIR] [--patients 240] [--size 128] [--cases N] [--work DIR]

All candidates of a data set answer for the same grouped folds of its training and validation cases (5 folds × 3
repeats); differences are paired, with 95 % intervals by bootstrap over patients (``find_ties``). ``mobilenetv2_100`` is
tried where its weights are in the store of ``--home``. Rows are kept in the work folder, so that an interrupted run
goes on. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from page import replace_section

from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import MedgraftError
from medgraft.experiment.build import build_workspace
from medgraft.experiment.config import resolve_config
from medgraft.experiment.sources import Sources
from medgraft.experiment.stages.embedding import embedding_stage
from medgraft.experiment.stages.splitting import split_stage
from medgraft.home import Home
from medgraft.measure.by_site import site_rows
from medgraft.measure.ties import find_ties
from medgraft.progress import Progress
from medgraft.transfer.selection.site_out import leave_one_site_out
from medgraft.transfer.strategies.strategy import STRATEGIES

LITE, MOBILE = "tf_efficientnet_lite0", "mobilenetv2_100"
BACKBONES = (
    (LITE, "linear-probe"),
    (MOBILE, "linear-probe"),
    ("classical", "linear-probe"),
    (f"{LITE}+{MOBILE}", "linear-probe"),
    (f"{LITE}+{MOBILE}", "stacked"),
    (f"{LITE}+classical", "linear-probe"),
    (f"{LITE}+classical", "stacked"),
)
SITES = ("linear-probe", "per-site")
PHANTOMS = {"balanced": False, "label tied to the site": True}


class Ground:
    """One data set with its split, made once with the default backbone, and sources on it."""

    def __init__(self, data, home, folder, sets):
        config = resolve_config(sets=sets)
        self.work, _ = build_workspace(data, folder / "run", config, home=home, progress=Progress(), overwrite=True)
        embedding_stage(self.work)
        split_stage(self.work)
        self.sources = Sources(self.work)

    def material(self, name):
        """Training and validation cases with the features of ``name``."""
        return self.sources.make(name).material


def answered(material, kind, **options):
    """Out-of-fold answers (repeats, n, classes)."""
    member = STRATEGIES.get(kind)
    done = member(member.Config(**options)).fit(material)
    return done.out_of_fold.probability, done.facts


def compared(material, positive, first, second):
    """AUROC of both, and first − second with its interval."""
    ties = find_ties(
        material.labels,
        {"first": np.asarray(first), "second": np.asarray(second)},
        positive=positive,
        groups=material.groups,
    )
    one, other = ties.candidates
    if ties.best == "first":
        return one.value, other.value, one.value - other.value, -other.difference_high, -other.difference_low
    return one.value, other.value, one.value - other.value, one.difference_low, one.difference_high


def backbones_rows(options, home, rows, keep):
    """Every backbone and strategy on ``busi``."""
    with tempfile.TemporaryDirectory() as folder:
        data = options.data / "busi" if options.cases is None else few(options.data / "busi", options.cases, folder)
        ground = Ground(data, home, Path(folder), [f"preprocess.size={options.size}"] if options.tiny else [])
        positive = ground.work.task.positive_index
        base = None
        for name, kind in BACKBONES:
            key = f"busi|{name}|{kind}"
            if key in rows and base is not None:
                continue
            try:
                material = ground.material(name)
                probability, facts = answered(material, kind)
            except MedgraftError as error:
                print(f"{key}: {error}", flush=True)
                continue
            base = probability if base is None else base
            value, _, gap, low, high = compared(material, positive, probability, base)
            weights = facts.get("weights")
            keep(
                key,
                {"auroc": value, "gap": gap, "low": low, "high": high, "weights": weights, "n": len(material.labels)},
            )


def few(source, cases, folder):
    """A folder of links to some of the pictures, as many of each class."""
    target = Path(folder) / "few"
    for place in sorted(item for item in source.iterdir() if item.is_dir()):
        (target / place.name).mkdir(parents=True)
        for file in sorted(place.glob("*.png"))[:: max(1, len(list(place.glob("*.png"))) * 3 // cases)]:
            (target / place.name / file.name).symlink_to(file.resolve())
    return target


def sites_rows(options, home, rows, keep):
    """Pooled, weighted and left out, on three phantom sites."""
    for title, confounded in PHANTOMS.items():
        if f"sites|{title}" in rows:
            continue
        with tempfile.TemporaryDirectory() as folder:
            data = write_phantom(
                Path(folder) / "data",
                patients=options.patients,
                images_per_patient=(1, 2),
                sites=3,
                size=options.size,
                confounded=confounded,
            )
            ground = Ground(data, home, Path(folder), [f"preprocess.size={options.size}"] if options.tiny else [])
            material, positive = ground.material(LITE), ground.work.task.positive_index
            pooled, _ = answered(material, "linear-probe")
            mixed, _ = answered(material, "per-site", keep="always")
            value, base, gap, low, high = compared(material, positive, mixed, pooled)
            row = {"pooled": base, "mixed": value, "gap": gap, "low": low, "high": high, "n": len(material.labels)}
            for kind, known in zip(SITES, (pooled, mixed), strict=True):
                settings = {"kind": kind, "keep": "always"} if kind == "per-site" else {"kind": kind}
                out = leave_one_site_out(material, settings)
                row[kind] = site_rows(
                    material.labels,
                    out.probability,
                    known,
                    (out.names, out.site),
                    positive=positive,
                    groups=material.groups,
                )
            keep(f"sites|{title}", row)


def interval(row):
    """``+0.012 (−0.004 to +0.029)``."""
    if row is None:
        return "–"
    value = row["gap"] if "gap" in row else row["value"]
    return f"{value:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})"


def section(rows):
    """Both tables."""
    found = {key: row for key, row in rows.items() if key.startswith("busi|")}
    lines = []
    if found:
        cases = next(iter(found.values()))["n"]
        lines += [
            f"`busi`, {cases} training and validation cases; AUROC (macro), and its paired difference to {LITE}.",
            "Several together are kept where the interval lies above 0.",
            "",
            "| backbone | strategy | AUROC | difference | kept |",
            "|---|---|---:|---|---|",
        ]
    for key, row in found.items():
        _, name, kind = key.split("|")
        kept = ("yes" if row["low"] > 0 else "no") if "+" in name else ""
        weights = "" if not row["weights"] else f" (weights {', '.join(f'{one:.2f}' for one in row['weights'])})"
        gap = "" if name == LITE else interval(row)
        lines.append(f"| `{name}` | {kind}{weights} | {row['auroc']:.3f} | {gap} | {kept} |")
    for key, row in rows.items():
        if not key.startswith("sites|"):
            continue
        kept = "kept" if row["low"] > 0 else "not kept"
        lines += [
            "",
            f"Three phantom sites, {key.split('|')[1]}: {row['n']} training and validation cases.",
            f"By cross-validation: pooled {row['pooled']:.3f}, weighted by likeness {row['mixed']:.3f}, difference",
            f"{interval(row)}: {kept}.",
            "",
            "| site | cases | pooled: as a known site | as a new one | difference | weighted: as a new one |",
            "|---|---:|---:|---:|---|---:|",
        ]
        for one, other in zip(row["linear-probe"], row["per-site"], strict=True):
            known, new, mixed = (
                "–" if item is None else f"{item['value']:.3f}"
                for item in (one["known_auroc"], one["auroc"], other["auroc"])
            )
            lines.append(f"| {one['site']} | {one['n']} | {known} | {new} | {interval(one['gap'])} | {mixed} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds busi; without it the sites alone")
    parser.add_argument("--home", type=Path, help="whose store and cache are used")
    parser.add_argument("--patients", type=int, default=240, help="of a phantom")
    parser.add_argument("--size", type=int, default=256, help="of a phantom's pictures, pixels")
    parser.add_argument("--cases", type=int, help="of busi, for a trial run")
    parser.add_argument("--tiny", action="store_true", help="pictures at --size for the network, too: a trial run")
    parser.add_argument("--work", type=Path, default=Path("bench-work/sources"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    print("about 15 minutes", flush=True)
    home = Home.find(options.home)
    file = options.work / f"rows-{options.patients}-{options.size}-{options.cases}.json"
    rows = json.loads(file.read_text()) if file.exists() else {}

    def keep(key, row):
        rows[key] = row
        file.write_text(json.dumps(rows))
        print(key, f"{row['gap']:+.3f}", flush=True)

    if options.data is not None:
        backbones_rows(options, home, rows, keep)
    sites_rows(options, home, rows, keep)
    text = section(rows)
    if not options.tiny:
        replace_section("sources", text)
    print(text)


if __name__ == "__main__":
    main()
