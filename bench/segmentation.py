"""Outlines by transfer: hippocampus in MR volumes, membranes in electron microscopy, nodules of the phantom; kept maps.

    python bench/segmentation.py --data DIR [--sets hippocampus phantom cache membranes dimensions] [--work DIR]

*hippocampus*: ``msd_hippocampus``, a fifth of the volumes held out by a fixed draw (subjects are not published: two
volumes may be of one subject); a 3-D U-Net from scratch, 60 epochs. *membranes*: ``isbi2012``, the membrane is the
foreground, the last ten slices held out; 5, 10 and 20 of the others (a fifth of them validates), three draws, encoder
pretrained or from random weights. The same search for both: two learning rates, chosen for each number of pictures by
the validation Dice of the first draw; the same number of steps, whatever the number of pictures.
*phantom*: nodules outlined, and found by boxes, against known truth. *dimensions*: a U-Net of volumes, a pretrained
encoder slice by slice and one that is inflated, on the same two draws of 64 volumes of ``msd_hippocampus`` to learn
from and 16 to be judged by, with the same number of epochs. *cache*: seconds an epoch of the frozen phase on
``isbi2012``, with the encoder's maps kept and computed each time, and the losses of both.

Each fit is a run in the work folder and each row is kept; the same command goes on from there. Writes its part of
``docs/benchmarks.md``.
"""

import argparse
import csv
import json
import resource
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section

import medgraft

SETS = ("hippocampus", "phantom", "cache", "membranes", "dimensions")
EPOCHS = {5: (8, 40), 10: (4, 20), 20: (2, 10)}
"""By number of pictures: with the encoder frozen, then of everything; what starts from random weights has their sum."""
SIZES, DRAWS, RATES = tuple(EPOCHS), (0, 1, 2), (1e-3, 3e-3)
HELD_OUT = 10
FROC = (("1/8", "0_125"), ("1/4", "0_25"), ("1/2", "0_5"), ("1", "1"), ("2", "2"), ("4", "4"), ("8", "8"))
"""False positives a picture, and how the measure is named."""
NETWORKS = {"3d": "U-Net of volumes, random weights", "2.5d": "pretrained, slices", "inflated": "pretrained, inflated"}
FOLDS, LEARNT, JUDGED, SHORT = (0, 1), 64, 16, 15
"""Of the comparison of networks: draws, volumes, epochs."""
MINUTES = {"hippocampus": 60, "phantom": 30, "cache": 4, "membranes": 75, "dimensions": 60}


def peak():
    """GiB of the process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def fitted(table, out, **settings):
    """A run of a table with masks; settings of the section ``segmentation``. It goes on where it was broken off."""
    kind = settings.pop("kind", "lp-ft")
    options = {"task": "segmentation", **settings.pop("options", {})}
    began = time.monotonic()
    sets = [f"segmentation.{name}={json.dumps(value)}" for name, value in settings.items()]
    result = medgraft.fit(table, out=out, strategy=kind, options=options, set=sets)
    return result, (time.monotonic() - began) / 60


def told(estimate):
    """A number with its interval."""
    if estimate.get("low") is None:
        return f"{estimate['value']:.3f}"
    return f"{estimate['value']:.3f} ({estimate['low']:.3f} to {estimate['high']:.3f})"


def write_rows(path, rows):
    """A table of paths, masks and parts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "mask", "split"])
        writer.writerows(rows)


def trained_minutes(run):
    """Of the epochs themselves, whatever happened in between."""
    return float(pd.read_csv(run / "history.csv")["seconds"].sum()) / 60


def volumes(data):
    """Paths of every volume of ``msd_hippocampus`` that has a mask, and of that, in order."""
    folder = data / "msd_hippocampus"
    pairs = [(path, folder / "labelsTr" / path.name) for path in sorted((folder / "imagesTr").iterdir())]
    return [pair for pair in pairs if pair[1].exists()]


def hippocampus(data, work):
    """One row."""
    cases = volumes(data)
    tested = set(np.random.default_rng(2026).permutation(len(cases))[: round(0.2 * len(cases))].tolist())
    rows = [(*case, "test" if place in tested else "train") for place, case in enumerate(cases)]
    table = work / "hippocampus" / "table.csv"
    write_rows(table, rows)
    result, _ = fitted(table, work / "hippocampus" / "run", epochs=60, network="3d")
    return {"test": result.metrics["test"], "minutes": trained_minutes(result.run), "memory": peak()}


def phantom(data, work):
    """One row: learnt from some patients, and judged by others."""
    learnt, judged = work / "phantom" / "learnt", work / "phantom" / "judged"
    for cohort, seed in ((learnt, 1), (judged, 2)):
        if not (cohort / "table.csv").exists():
            medgraft.write_phantom(cohort, patients=100, seed=seed)
    outlined, _ = fitted(learnt, work / "phantom" / "run", epochs_frozen=4, epochs=12)
    sets = ["detection.epochs=16", "detection.head_epochs=4"]
    options = {"task": "detection"}
    found = medgraft.fit(learnt, out=work / "phantom" / "boxes", strategy="lp-ft", options=options, set=sets)
    told = {
        name: medgraft.evaluate(result.run, judged, overwrite=True)["metrics"]
        for name, result in (("outlines", outlined), ("boxes", found))
    }
    facts = json.loads((outlined.run / "outline_facts.json").read_text())
    (stated, *_) = facts["measurement_error"].values()
    table = pd.read_parquet(outlined.run / "outlines.parquet")
    table = table[(table["split"] == "external:judged") & (table["volume_true"] > 0)]
    error = table["volume_called"] - table["volume_true"]
    return {
        "test": told["outlines"],
        "minutes": trained_minutes(outlined.run),
        "memory": peak(),
        "stated": stated,
        "sized": len(table),
        "within": int(error.between(stated["low"], stated["high"]).sum()),
        "boxes": {"test": told["boxes"], "minutes": trained_minutes(found.run)},
    }


def membrane_table(data, path, training, seed):
    """The last slices test, a fifth of the chosen ones validates."""
    folder = data / "isbi2012"
    names = sorted(file.name for file in (folder / "images").iterdir())
    chosen = np.random.default_rng(seed).permutation(len(names) - HELD_OUT)[:training]
    parts = {int(place): "val" if number < max(1, training // 5) else "train" for number, place in enumerate(chosen)}
    parts |= {len(names) - 1 - number: "test" for number in range(HELD_OUT)}
    write_rows(path, [(folder / "images" / names[p], folder / "masks" / names[p], parts[p]) for p in sorted(parts)])


MEMBRANE = {"mask_values": {"0": "membrane", "255": "background"}, "modality": "microscopy"}


def membrane_key(size, draw, kind):
    """Of a row."""
    return f"membranes-{size}-{draw}-{kind}"


def membranes(data, work, rows, size, draw, kind):
    """A run; on the first draw that of the learning rate with the higher validation Dice, which the others take."""
    folder = work / "membranes" / f"{size}-{draw}"
    membrane_table(data, folder / "table.csv", size, draw)
    rates = RATES if draw == DRAWS[0] else (rows[membrane_key(size, DRAWS[0], kind)]["rate"],)
    frozen, whole = EPOCHS[size]
    epochs = {"epochs": frozen + whole} if kind == "scratch" else {"epochs_frozen": frozen, "epochs": whole}
    found = []
    for rate in rates:
        out = folder / f"{kind}-{rate:g}"
        result, _ = fitted(folder / "table.csv", out, kind=kind, options=MEMBRANE, batch=4, lr=rate, **epochs)
        found.append((result.metrics["val"]["dice"]["value"], rate, result))
    _, rate, result = max(found, key=lambda one: one[0])
    minutes = sum(trained_minutes(one.run) for _, _, one in found)
    return {"test": result.metrics["test"], "rate": rate, "minutes": minutes, "memory": peak()}


def cache(data, work):
    """Seconds an epoch of both, and how far their losses are apart."""
    folder = work / "cache"
    membrane_table(data, folder / "table.csv", 10, 0)
    histories = {}
    for name, gigabytes in (("kept", 4.0), ("computed", 0.0)):
        options = {"epochs": 0, "epochs_frozen": 12, "views": 4, "cache_gb": gigabytes, "precision": "float32"}
        result, _ = fitted(folder / "table.csv", folder / name, kind="linear-probe", options=MEMBRANE, **options)
        histories[name] = pd.read_csv(result.run / "history.csv")
    seconds = {name: float(history["seconds"].iloc[5:].median()) for name, history in histories.items()}
    apart = (histories["kept"]["val_loss"] - histories["computed"]["val_loss"]).abs().max()
    return {"seconds": seconds, "apart": float(apart)}


def dimensions(data, work, fold, network):
    """One network on one draw."""
    cases = volumes(data)
    drawn = np.random.default_rng((2026, fold)).permutation(len(cases))[: LEARNT + JUDGED]
    rows = [(*cases[p], "train" if number < LEARNT else "test") for number, p in enumerate(drawn)]
    place = work / "dimensions" / str(fold)
    write_rows(place / "table.csv", rows)
    epochs = {"epochs": SHORT} if network == "3d" else {"epochs_frozen": 3, "epochs": SHORT - 3}
    result, _ = fitted(place / "table.csv", place / network, network=network, **epochs)
    return {"test": result.metrics["test"], "minutes": trained_minutes(result.run), "memory": peak()}


def hippocampus_lines(row):
    """Markdown."""
    test, each = row["test"], row["test"]["per_class"]
    named = [("mean", test), ("anterior", each["1"]), ("posterior", each["2"])]
    told_of = (
        f"{test['dice']['n']} volumes held out; {row['minutes']:.0f} minutes of training, {row['memory']:.1f} GiB. "
        "Published on a GPU (nnU-Net, five folds): 0.899 anterior, 0.882 posterior. Subjects are not published: two "
        "volumes of one subject may lie on both sides."
    )
    lines = ["| `msd_hippocampus` | Dice | HD95 mm | NSD |", "|---|---|---|---|"]
    lines += [f"| {name} | {told(one['dice'])} | {told(one['hd95'])} | {told(one['nsd'])} |" for name, one in named]
    return [*lines, "", told_of, ""]


def phantom_lines(row):
    """Markdown."""
    test, stated, boxes = row["test"], row["stated"], row["boxes"]
    outlined = (
        f"Nodules of the phantom outlined ({test['dice']['n']} pictures of other patients): Dice {told(test['dice'])}, "
        f"nodules found {told(test['lesion_sensitivity'])}, {told(test['false_lesions'])} false ones a picture; "
        f"{row['minutes']:.0f} minutes. Sizes: on validation cases 95 % of predicted − true were said to lie between "
        f"{stated['low']:.0f} and {stated['high']:.0f} {stated['unit']}; of {row['sized']} pictures of others with a "
        f"nodule {row['within']} do."
    )
    found = (
        f"The same nodules by boxes: mAP50 {told(boxes['test']['map50'])}, FROC {told(boxes['test']['froc'])}; "
        f"{boxes['minutes']:.0f} minutes. Sensitivity by false positives a picture:"
    )
    heads = [head for head, _ in FROC]
    cells = [told(boxes["test"][f"sensitivity_at_{name}"]) for _, name in FROC]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", f"| {' | '.join(cells)} |"]
    return [outlined, "", found, "", *lines, ""]


def dimension_lines(rows):
    """Markdown."""
    lines = ["| network | " + " | ".join(f"Dice, draw {fold + 1}" for fold in FOLDS) + " | minutes | memory, GiB |"]
    lines.append(f"|---|{'---|' * len(FOLDS)}---|---|")
    for name, what in NETWORKS.items():
        each = [rows.get(f"dimensions-{fold}-{name}") for fold in FOLDS]
        cells = ["not run" if one is None else told(one["test"]["dice"]) for one in each]
        there = [one for one in each if one is not None]
        spent = ", ".join(f"{one['minutes']:.0f}" for one in there)
        most = f"{max(one['memory'] for one in there):.1f}" if there else ""
        lines.append(f"| {name}: {what} | {' | '.join(cells)} | {spent} | {most} |")
    text = (
        f"The same {LEARNT} volumes of `msd_hippocampus` to learn from, {JUDGED} to be judged by and {SHORT} epochs "
        "for each network of volumes:"
    )
    return [text, "", *lines, ""]


def cache_lines(row):
    """Markdown."""
    kept, computed = row["seconds"]["kept"], row["seconds"]["computed"]
    text = (
        f"Frozen encoder, ten pictures of `isbi2012`: {kept:.1f} s an epoch with its maps kept, {computed:.1f} s with "
        f"them computed each time ({computed / kept:.2f}×); validation losses differ by at most {row['apart']:.1e}."
    )
    return [text, ""]


def membrane_lines(rows):
    """Markdown."""
    lines = ["| pictures | draw | pretrained | scratch | rates | minutes |", "|---|---|---|---|---|---|"]
    ahead = dict.fromkeys(SIZES, 0)
    for size in SIZES:
        for draw in DRAWS:
            pair = [rows.get(membrane_key(size, draw, kind)) for kind in ("lp-ft", "scratch")]
            if not all(pair):
                continue
            first, second = (one["test"]["dice"] for one in pair)
            ahead[size] += first["value"] > second["value"]
            rates = ", ".join(format(one["rate"], "g") for one in pair)
            spent = ", ".join(f"{one['minutes']:.0f}" for one in pair)
            lines.append(f"| {size} | {draw} | {told(first)} | {told(second)} | {rates} | {spent} |")
    counted = "; ".join(f"{size} pictures: {ahead[size]} of {len(DRAWS)} draws" for size in SIZES)
    text = (
        f"Dice of membranes. The pretrained encoder is ahead: {counted}. The ten slices are of one block and alike: "
        "the intervals, over slices, are too narrow."
    )
    return [*lines, "", text]


def section(rows):
    """Markdown."""
    lines = hippocampus_lines(rows["hippocampus"]) if "hippocampus" in rows else []
    lines += phantom_lines(rows["phantom"]) if "phantom" in rows else []
    lines += cache_lines(rows["cache"]) if "cache" in rows else []
    lines += dimension_lines(rows) if any(name.startswith("dimensions") for name in rows) else []
    lines += membrane_lines(rows) if any(name.startswith("membranes") for name in rows) else []
    return "\n".join(lines).strip() or "Not run yet."


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--work", type=Path, default=Path("bench-work/segmentation"))
    given = parser.parse_args()
    print(f"at most about {sum(MINUTES[name] for name in given.sets)} minutes on two idle cores", flush=True)
    given.work.mkdir(parents=True, exist_ok=True)
    path = given.work / "rows-segmentation.json"
    rows = json.loads(path.read_text()) if path.exists() else {}
    makers = {"hippocampus": hippocampus, "phantom": phantom, "cache": cache}
    tasks = {name: partial(makers[name], given.data, given.work) for name in given.sets if name in makers}
    if "membranes" in given.sets:
        for size in SIZES:
            for draw in DRAWS:
                for kind in ("lp-ft", "scratch"):
                    task = partial(membranes, given.data, given.work, rows, size, draw, kind)
                    tasks[membrane_key(size, draw, kind)] = task
    if "dimensions" in given.sets:
        for fold in FOLDS:
            for network in NETWORKS:
                tasks[f"dimensions-{fold}-{network}"] = partial(dimensions, given.data, given.work, fold, network)
    for name, make in tasks.items():
        if name not in rows:
            rows[name] = make()
            path.write_text(json.dumps(rows, indent=1))
        print(name, "done", flush=True)
    replace_section("segmentation", section(rows))


if __name__ == "__main__":
    main()
