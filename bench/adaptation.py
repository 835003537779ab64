"""What adapting brings, on real and on made pairs of sites: every method of seconds, ``auto``, and an oracle.

    python bench/adaptation.py --data DIR [--seeds 0 1 2] [--draws 5] [--sets busi pneumonia phantom] [--work DIR]

Real: films of children (``pneumoniamnist``, enlarged) and of adults (``cxr_nih``), both directions. Made: ``busi``,
1,000 cases of ``pneumoniamnist`` and a phantom, halved by patient into source and target, and the target's pictures
changed in exposure, sharpness, noise, resolution, inversion or field of view, weakly and strongly; no change; and other
shares of classes. Everything is on pooled features of the default backbone at 128 px. ``auto`` sees what the verb sees:
no label of the target, and the test of shift. The oracle is the probe trained on the target's labels, judged out of
fold. Numbers are AUROC on the target (macro of the classes); differences are paired, over patients. Rows are kept in
the work folder. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import csv
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section
from PIL import Image, ImageFilter
from pretrain import cases_of

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.cohort import write_phantom
from medgraft.experiment.build import build_source
from medgraft.experiment.config import resolve_config
from medgraft.experiment.predicting import embed_data
from medgraft.experiment.stages.source_pictures import ChangedPictures
from medgraft.experiment.stages.workspace import pictures_of, read_told
from medgraft.home import Home
from medgraft.measure.intervals.delong import macro_influence
from medgraft.measure.paired import auroc_difference
from medgraft.measure.patients import Patients
from medgraft.measure.shift.answers import Answers
from medgraft.measure.shift.assessment import Evidence, assess
from medgraft.measure.shift.sides import Sides
from medgraft.progress import Progress
from medgraft.source.embedding.pixel_features import PixelFeatures
from medgraft.source.embedding.prepared import PreparedPixels
from medgraft.source.embedding.sampling import sampled
from medgraft.transfer.adaptation.adaptation import Pair, SourceCases, TargetCases
from medgraft.transfer.adaptation.choosing import SOURCE_ONLY, adapt_automatically
from medgraft.transfer.adaptation.stand_in import find_stand_in
from medgraft.transfer.models.root import signed_root
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.scored import Cases

SIZE, LARGE = 128, 1000
GAP = 0.05


def exposure(image, strong, rng):
    values = np.asarray(image, np.float32) / 255
    return _picture(values ** (2.5 if strong else 1.4) * (0.6 if strong else 0.9))


def blur(image, strong, rng):
    return image.filter(ImageFilter.GaussianBlur(3.0 if strong else 1.0))


def noise(image, strong, rng):
    values = np.asarray(image, np.float32) / 255
    return _picture(values + rng.normal(0, 0.15 if strong else 0.04, values.shape))


def resolution(image, strong, rng):
    side = 28 if strong else 64
    return image.resize((side, side), Image.Resampling.BILINEAR).resize(image.size, Image.Resampling.BILINEAR)


def inversion(image, strong, rng):
    values = np.asarray(image, np.float32) / 255
    return _picture(1 - values if strong else 0.7 * values + 0.3 * (1 - values))


def view(image, strong, rng):
    part = 0.6 if strong else 0.85
    width, height = image.size
    left, top = (1 - part) * width / 2, (1 - part) * height / 2
    return image.crop((int(left), int(top), int(width - left), int(height - top))).resize(image.size)


def _picture(values):
    return Image.fromarray((np.clip(values, 0, 1) * 255).round().astype(np.uint8))


SHIFTS = {one.__name__: one for one in (exposure, blur, noise, resolution, inversion, view)}
MADE = [f"{name} {how}" for name in SHIFTS for how in ("weak", "strong")]


def originals(data, work, name):
    """(grey picture, label, patient) of every case of one set, small."""
    if name in ("busi", "cxr"):
        for path, label, group in cases_of(data, "cxr_nih" if name == "cxr" else name):
            yield Image.open(path).convert("L").resize((SIZE, SIZE)), label, group
    elif name in ("pneumonia", "children"):
        with np.load(data / "pneumoniamnist" / "pneumoniamnist.npz") as arrays:
            images, labels = arrays["train_images"], arrays["train_labels"].ravel()
        chosen = np.random.default_rng(0).permutation(len(images))[:LARGE]
        for row in chosen.tolist():
            label = ("No_findings", "Pneumonia")[int(labels[row])]
            yield Image.fromarray(images[row]).resize((SIZE, SIZE), Image.Resampling.BICUBIC), label, str(row)
    else:
        folder = work / "phantom"
        if not folder.exists():
            write_phantom(folder, patients=400, size=SIZE, seed=0)
        table = folder / "table.csv"
        for row in pd.read_csv(table, dtype=str).to_dict("records"):
            yield Image.open(folder / row["path"]).convert("L").resize((SIZE, SIZE)), row["label"], row["patient"]


def features_of(data, work, name, shift):
    """(features (n, d), labels, patients) of one set, all its pictures changed alike."""
    key = f"{name}-{shift}".replace(" ", "-")
    out = work / f"{key}.parquet"
    if not out.exists():
        folder, rng = work / "pictures" / key, np.random.default_rng(1)
        folder.mkdir(parents=True, exist_ok=True)
        kind, _, how = shift.partition(" ")
        with (folder / "cases.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["path", "label", "patient_id"])
            for number, (image, label, patient) in enumerate(originals(data, work, name)):
                made = SHIFTS[kind](image, how == "strong", rng) if kind in SHIFTS else image
                made.save(folder / f"{number:05d}.png")
                writer.writerow([f"{number:05d}.png", label, patient])
        embed_data(folder / "cases.csv", out, flags={"preprocess.size": SIZE, "data.modality": "unknown"})
    table = pd.read_parquet(out)
    columns = [column for column in table.columns if column[0] == "f" and column[1:].isdigit()]
    # Equal pictures have one row each; the order is the table's.
    return table[columns].to_numpy(np.float32), table["label"].to_numpy(str), table["patient_id"].to_numpy(str)


def changed_pictures(work, name, rows, seed):
    """The pictures of some rows of a set, to be looked at under other acquisitions."""
    home, reader, progress = Home.find(), ImageReader(), Progress()
    settings = resolve_config(None, [], {"preprocess.size": SIZE, "data.modality": "unknown"})
    cohort = read_told(work / "pictures" / f"{name}-none" / "cases.csv", settings.data, home, reader, progress)
    pictures = pictures_of(cohort.table)
    job, preprocessing = build_source(settings, pictures, home, reader, sampled(pictures, home, reader))
    place = {case: row for row, case in enumerate(cohort.table["case_id"])}
    cases = pd.read_parquet(work / f"{name}-none.parquet", columns=["case_id"])["case_id"].iloc[rows]
    pixels = PreparedPixels([pictures[place[case]] for case in cases], preprocessing, reader)
    return ChangedPictures(pixels, PixelFeatures(job), seed=seed)


def rows_of_source(data, work, pair, seed):
    """The set that a pair's source is of, and which of its rows."""
    name, _, _ = pair.partition(": ")
    if "→" in name:
        name = name.split("→")[0]
        return name, np.arange(len(features_of(data, work, name, "none")[0]))
    patients = features_of(data, work, name, "none")[2]
    groups = np.random.default_rng(seed).permutation(np.unique(patients))
    return name, np.flatnonzero(np.isin(patients, groups[: len(groups) // 2]))


def pair_of(data, work, pair, seed):
    """Source and target (features, labels, patients) of one pair."""
    name, _, shift = pair.partition(": ")
    if "→" in name:
        return [features_of(data, work, side, "none") for side in name.split("→")]
    plain = features_of(data, work, name, "none")
    ours = np.zeros(len(plain[0]), bool)
    ours[rows_of_source(data, work, pair, seed)[1]] = True
    if shift == "label shift":
        theirs = with_shares(plain[1], ~ours, seed)
        return [tuple(column[rows] for column in plain) for rows in (np.flatnonzero(ours), theirs)]
    changed = features_of(data, work, name, shift)
    # The patients' names are hashes of the house, the same in every version.
    theirs = ~np.isin(changed[2], plain[2][ours])
    return [tuple(column[ours] for column in plain), tuple(column[theirs] for column in changed)]


def with_shares(labels, among, seed):
    """Rows of which the first class has 80 %."""
    rng, rows = np.random.default_rng(seed), np.flatnonzero(among)
    first = labels[rows] == np.unique(labels)[0]
    most = min(first.sum(), 4 * (~first).sum())
    one = rng.permutation(rows[first])[: max(1, most)]
    other = rng.permutation(rows[~first])[: max(20, len(one) // 4)]
    return np.sort(np.concatenate([one, other]))


def judged(truth, answers):
    return float(macro_influence(truth, answers, Patients.of(None, len(truth))).value)


def probe(features, labels, groups, classes, seed):
    cases = Cases(signed_root(features), labels, groups, classes)
    return LinearProbe(LinearProbeConfig()).fitted(cases, inner_folds=5, seed=seed)


def one(data, work, name, seed, draws):
    """Everything of one pair and seed."""
    began = time.monotonic()
    (here, said, ours), (there, told, theirs) = pair_of(data, work, name, seed)
    classes = sorted(set(said))
    labels, truth = (np.array([classes.index(label) for label in side]) for side in (said, told))
    codes = pd.factorize(np.concatenate([ours, theirs]))[0].astype(np.int64)
    groups, target_groups = codes[: len(ours)], codes[len(ours) :]
    fitted = probe(here, labels, groups, len(classes), seed)
    pair = Pair(
        SourceCases(here, labels, groups),
        TargetCases(there, target_groups),
        len(classes),
        fitted.head(rooted=True),
        seed=seed,
    )
    answers = Answers.of(fitted.held_out, labels, pair.before, source_groups=groups, target_groups=target_groups)
    sides = Sides.of(signed_root(here), signed_root(there), source_groups=groups, target_groups=target_groups)
    found = assess(Evidence(sides, answers), seed=seed)
    if found.shifted and found.kind != "labels":
        set_name, rows = rows_of_source(data, work, name, seed)
        pictures = changed_pictures(work, set_name, rows, seed)
        pair = replace(pair, stand_in=find_stand_in(here, groups, there, pictures, seed=seed))
    choice = adapt_automatically(pair, shifted=found.shifted, labels_only=found.kind == "labels", draws=draws)
    source = choice.results[SOURCE_ONLY].probability
    row = {
        "n": [len(here), len(there)],
        "shifted": found.shifted,
        "kind": found.kind,
        "p": found.p_value,
        "expected": found.expected_accuracy.atc.value if found.expected_accuracy else None,
        "accuracy": float((source.argmax(1) == truth).mean()),
        "home": judged(labels, fitted.held_out),
        "acquisition": None if pair.stand_in is None else pair.stand_in.facts(),
        "jury": choice.jury,
        "chosen": choice.chosen,
        "best": choice.names[choice.verdict.best],
        "sureness": choice.verdict.sureness,
        "votes": choice.verdict.votes,
        "reason": choice.verdict.reason,
        "collapsed": {name: result.collapsed for name, result in choice.results.items() if result.collapsed},
        "scores": {
            score: [round(float(np.nanmean(one)), 4) if np.isfinite(one).any() else None for one in table.T]
            for score, table in choice.scores.items()
        },
        "names": choice.names,
        "seconds": {name: round(value, 2) for name, value in choice.seconds.items()},
        "auroc": {name: judged(truth, result.probability) for name, result in choice.results.items()},
    }
    oracle = probe(there, truth, target_groups, len(classes), seed).held_out
    row["oracle"] = judged(truth, oracle) if oracle is not None else None
    paired = {}
    for method, result in choice.results.items():
        if method != SOURCE_ONLY:
            gap = auroc_difference(truth, result.probability, source, groups=target_groups, seed=0)
            paired[method] = [gap.difference, gap.low, gap.high]
    row["paired"] = paired
    row["minutes"] = (time.monotonic() - began) / 60
    return row


def section(rows):
    """One table: a line a pair and seed."""
    lines = [
        "| pair, seed | shift | home | source-only | `auto` | considered (sureness) | best method | oracle |",
        "|---|---|---:|---:|---|---|---|---:|",
    ]
    for key, row in rows.items():
        auroc, chosen = row["auroc"], row["chosen"]
        best = max(auroc, key=auroc.get)
        gap = row["paired"].get(chosen)
        apart = "" if gap is None else f"; {gap[0]:+.3f} ({gap[1]:+.3f} to {gap[2]:+.3f})"
        cells = [
            key.replace("|", ", "),
            row["kind"],
            f"{row['home']:.3f}",
            f"{auroc[SOURCE_ONLY]:.3f}",
            f"{chosen} {auroc[chosen]:.3f}{apart}",
            f"{row['best']} {auroc[row['best']]:.3f} ({row['sureness']:.2f})",
            f"{best} {auroc[best]:.3f}",
            f"{row['oracle']:.3f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    strong = [row for row in rows.values() if row["oracle"] - row["auroc"][SOURCE_ONLY] >= GAP]
    gained = sum(row["auroc"][row["chosen"]] - row["auroc"][SOURCE_ONLY] for row in strong)
    there = sum(row["oracle"] - row["auroc"][SOURCE_ONLY] for row in strong)
    worse = [row["paired"][row["chosen"]] for row in rows.values() if row["chosen"] in row["paired"]]
    harmed = sum(gap[2] < -0.01 for gap in worse)
    closed = gained / there if there else float("nan")
    lines += ["", f"Of the {len(strong)} rows with a gap of {GAP} or more, `auto` closed {closed:.2f} of it."]
    lines += [f"It harmed {harmed} of {len(rows)} rows beyond −0.01."]
    return "\n".join(lines)


def pairs_of(sets):
    found = []
    if "real" in sets:
        found += ["children→cxr", "cxr→children"]
    for name in ("busi", "pneumonia", "phantom"):
        if name in sets:
            found += [f"{name}: {shift}" for shift in (*MADE, "none", "label shift")]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--sets", nargs="+", default=["real", "busi", "pneumonia", "phantom"])
    parser.add_argument("--work", type=Path, default=Path("bench-work/adaptation"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    file = options.work / "rows.json"
    rows = json.loads(file.read_text()) if file.exists() else {}
    wanted = [(pair, seed) for seed in options.seeds for pair in pairs_of(options.sets)]
    left = [item for item in wanted if f"{item[0]}|{item[1]}" not in rows]
    print(f"{len(left)} rows, about {len(left) * 0.6:.0f} minutes on two idle cores", flush=True)
    for pair, seed in left:
        key = f"{pair}|{seed}"
        rows[key] = one(options.data.absolute(), options.work.absolute(), pair, seed, options.draws)
        file.write_text(json.dumps(rows))
        row = rows[key]
        best = max(row["auroc"], key=row["auroc"].get)
        print(
            f"{key}: source {row['auroc'][SOURCE_ONLY]:.3f}, auto {row['auroc'][row['chosen']]:.3f} ({row['chosen']}), "
            f"considered {row['best']} {row['auroc'][row['best']]:.3f} ({row['sureness']:.2f}), best {best} "
            f"{row['auroc'][best]:.3f}, oracle {row['oracle']:.3f}, {row['kind']}, {row['minutes']:.1f} min",
            flush=True,
        )

    replace_section("adaptation", section(rows))


if __name__ == "__main__":
    main()
