"""What adapting brings, on real and on made pairs of sites: every method of seconds, ``auto``, and an oracle.

    python bench/adaptation.py --data DIR [--seeds 0 1 2] [--draws 5] [--sets real busi pneumonia phantom] [--deep]
                               [--work DIR]

Real: films of children (``pneumoniamnist``, enlarged) and of adults (``cxr_nih``), both directions. Made: ``busi``,
1,000 cases of ``pneumoniamnist`` and a phantom, halved by patient into source and target, and the target's pictures
changed in exposure, sharpness, noise, resolution, inversion or field of view, weakly and strongly; no change; and other
shares of classes. Everything is on pooled features of the default backbone at 128 px. ``auto`` sees what the verb sees:
no label of the target, and the test of shift. The oracle is the probe trained on the target's labels, judged out of
fold; real pairs also show what 10, 50 and 200 labels of the target buy. ``--deep`` looks at the methods that train a
small network, in rows of their own. Numbers are AUROC on the target (macro of the classes); differences are paired,
over patients. Rows are kept in the work folder. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from page import replace_section
from sites import SHIFTS, Ground, changed_pictures, pair_of, probe

from medgraft.measure.intervals.delong import macro_influence
from medgraft.measure.paired import auroc_difference
from medgraft.measure.patients import Patients
from medgraft.measure.shift.assessment import assess
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.choosing import SOURCE_ONLY, adapt_automatically
from medgraft.transfer.adaptation.stand_in import find_stand_in

MADE = [f"{name} {how}" for name in SHIFTS for how in ("weak", "strong")]
GAP = 0.05
FEW = (10, 50, 200)
DEEP = ("deep-coral", "dan", "jan", "dann", "cdan", "mcd", "mcc")


def judged(truth, answers):
    return float(macro_influence(truth, answers, Patients.of(None, len(truth))).value)


def one(data, work, name, seed, draws):
    """Everything of one pair and seed."""
    began = time.monotonic()
    ground = Ground.of(*pair_of(data, work, name, seed), seed)
    pair, truth = ground.pair, ground.truth
    found = assess(ground.evidence, seed=seed)
    if found.shifted and found.kind != "labels":
        pictures = changed_pictures(data, work, name, seed)
        own = pair.source
        pair = replace(
            pair, stand_in=find_stand_in(own.features, own.groups, pair.target.features, pictures, seed=seed)
        )
    choice = adapt_automatically(pair, shifted=found.shifted, labels_only=found.kind == "labels", draws=draws)
    source = choice.results[SOURCE_ONLY].probability
    row = {
        "n": [len(pair.source.labels), len(truth)],
        "shifted": found.shifted,
        "kind": found.kind,
        "p": found.p_value,
        "expected": found.expected_accuracy.atc.value if found.expected_accuracy else None,
        "accuracy": float((source.argmax(1) == truth).mean()),
        "home": judged(pair.source.labels, ground.held_out),
        "acquisition": None if pair.stand_in is None else pair.stand_in.facts(),
        "jury": choice.jury,
        "chosen": choice.chosen,
        "best": choice.names[choice.verdict.best],
        "sureness": choice.verdict.sureness,
        "votes": choice.verdict.votes,
        "accepted": {name: verdict.adapts for name, verdict in choice.alone.items()},
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
    oracle = probe(pair.target.features, truth, pair.target.groups, pair.n_classes, seed).held_out
    row["oracle"] = judged(truth, oracle) if oracle is not None else None
    paired = {}
    for method, result in choice.results.items():
        if method != SOURCE_ONLY:
            gap = auroc_difference(truth, result.probability, source, groups=pair.target.groups, seed=0)
            paired[method] = [gap.difference, gap.low, gap.high]
    row["paired"] = paired
    if "→" in name:
        row["few"] = few_labels(ground, seed, draws)
    row["minutes"] = (time.monotonic() - began) / 60
    return row


def few_labels(ground, seed, draws):
    """By number of labelled target cases: ``auto`` and source-only on all other cases."""
    pair, truth, found = ground.pair, ground.truth, {}
    patients = np.random.default_rng((seed, 1)).permutation(np.unique(pair.target.groups))
    for count in FEW:
        known = np.isin(pair.target.groups, patients[:count])
        if min(np.bincount(truth[known], minlength=pair.n_classes)) < 2:
            continue
        labels = np.where(known, truth, -1)
        choice = adapt_automatically(replace(pair, target=replace(pair.target, labels=labels)), draws=draws)
        after, before = (choice.results[name].probability[~known] for name in (choice.chosen, SOURCE_ONLY))
        gap = auroc_difference(truth[~known], after, before, groups=pair.target.groups[~known], seed=0)
        found[int(known.sum())] = [choice.chosen, judged(truth[~known], after), gap.difference, gap.low, gap.high]
    return found


def deep(data, work, name, seed):
    """The methods that train a small network, each beside source-only, with what it took."""
    ground = Ground.of(*pair_of(data, work, name, seed), seed)
    pair, found = ground.pair, {}
    for method in DEEP:
        began = time.process_time()
        result = ADAPTATIONS.get(method)(ADAPTATIONS.get(method).Config()).adapt(pair)
        gap = auroc_difference(ground.truth, result.probability, pair.before, groups=pair.target.groups, seed=0)
        seconds = time.process_time() - began
        found[method] = [judged(ground.truth, result.probability), gap.difference, gap.low, gap.high, seconds]
    return found


def section(rows):
    """A line a pair and seed, then what it comes to."""
    lines = [
        "| pair, seed | shift | home | source-only | `auto` | explained | considered (sureness) | best | oracle |",
        "|---|---|---:|---:|---|---:|---|---|---:|",
    ]
    for key, row in rows.items():
        auroc, chosen = row["auroc"], row["chosen"]
        best = max(auroc, key=auroc.get)
        cells = [
            key.replace("|", ", "),
            row["kind"],
            f"{row['home']:.3f}",
            f"{auroc[SOURCE_ONLY]:.3f}",
            f"{chosen} {auroc[chosen]:.3f}{_apart(row['paired'].get(chosen))}",
            "" if row["acquisition"] is None else f"{row['acquisition']['explained']:.0%}",
            f"{row['best']} {auroc[row['best']]:.3f} ({row['sureness']:.2f})",
            f"{best} {auroc[best]:.3f}",
            f"{row['oracle']:.3f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_sums(rows), "", *_by_method(rows), "", *_guarded(rows), *_few(rows)])


def _apart(gap):
    return "" if gap is None else f"; {gap[0]:+.3f} ({gap[1]:+.3f} to {gap[2]:+.3f})"


def gain(row, name):
    return row["auroc"].get(name, row["auroc"][SOURCE_ONLY]) - row["auroc"][SOURCE_ONLY]


def _sums(rows):
    """What was asked: the gap that is closed, who is harmed, and what happens where nothing is to be mended."""
    lines = []
    gaps = {key: row for key, row in rows.items() if row["oracle"] - row["auroc"][SOURCE_ONLY] >= GAP}
    for title, chosen in (
        ("strong made shifts", {key: row for key, row in gaps.items() if "strong" in key}),
        ("real pairs", {key: row for key, row in gaps.items() if "→" in key}),
    ):
        there = sum(row["oracle"] - row["auroc"][SOURCE_ONLY] for row in chosen.values())
        closed = sum(gain(row, row["chosen"]) for row in chosen.values()) / there if there else float("nan")
        lines.append(f"- {title} with a gap of {GAP} or more ({len(chosen)} rows): `auto` closed {closed:.2f} of it.")
    worse = [row["paired"][row["chosen"]] for row in rows.values() if row["chosen"] in row["paired"]]
    harmed = sum(gap[2] < -0.01 for gap in worse)
    lines.append(f"- rows whose paired interval lies wholly below −0.01: {harmed} of {len(rows)}.")
    calm = [
        gain(row, row["chosen"]) for key, row in rows.items() if key.split("|")[0].endswith(("none", "label shift"))
    ]
    if calm:
        lines.append(f"- mean over the {len(calm)} rows without a shift and with one of labels: {np.mean(calm):+.4f}.")
    return lines


def _by_method(rows):
    """Mean gain of each method, always used; of ``auto``, and of the best of each row, which nobody knows."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row["auroc"] if name != SOURCE_ONLY))
    lines = [
        "| always | mean gain in AUROC | rows below −0.01 | worst row | CPU seconds |",
        "|---|---:|---:|---:|---:|",
    ]
    for name in names:
        gains = [gain(row, name) for row in rows.values()]
        seconds = np.median([row["seconds"].get(name, 0) for row in rows.values()])
        lines.append(_line(name, gains, f"{seconds:.1f}"))
    lines.append(_line("**`auto`**", [gain(row, row["chosen"]) for row in rows.values()], ""))
    lines.append(_line("the best of each row", [max(gain(row, name) for name in names) for row in rows.values()], ""))
    lines.append(_line("oracle", [row["oracle"] - row["auroc"][SOURCE_ONLY] for row in rows.values()], ""))
    return lines


def _line(name, gains, seconds):
    low = sum(one < -0.01 for one in gains)
    return f"| {name} | {np.mean(gains):+.3f} | {low} of {len(gains)} | {min(gains):+.3f} | {seconds} |"


def _guarded(rows):
    """Over all rows and methods: would the guard take the method if it were the only one, and does it help?"""
    table = np.zeros((2, 2), int)
    avoided = []
    for row in rows.values():
        for name, taken in row["accepted"].items():
            helps = gain(row, name) > 0
            table[int(taken), int(helps)] += 1
            if not taken:
                avoided.append(-gain(row, name))
    right = (table[1, 1] + table[0, 0]) / table.sum()
    return [
        "| the guard, of every method alone | it helps | it does not |",
        "|---|---:|---:|",
        f"| is for it | {table[1, 1]} | {table[1, 0]} |",
        f"| keeps the source's model | {table[0, 1]} | {table[0, 0]} |",
        "",
        f"It was right in {right:.0%} of {table.sum()}; what it kept out would have cost {np.mean(avoided):+.3f}.",
    ]


def _few(rows):
    lines = []
    for key, row in rows.items():
        for count, (name, auroc, *gap) in row.get("few", {}).items():
            lines.append(f"| {key.replace('|', ', ')} | {count} | {name} {auroc:.3f}{_apart(gap)} |")
    return ["", "| pair, seed | labelled target cases | `auto` |", "|---|---:|---|", *lines] if lines else []


def deep_section(rows):
    """A line a pair and seed, a column a method."""
    lines = ["| pair, seed | " + " | ".join(DEEP) + " |", "|---|" + "---|" * len(DEEP)]
    for key, row in rows.items():
        cells = [f"{row[name][0]:.3f}{_apart(row[name][1:4])}" for name in DEEP]
        lines.append(f"| {key.replace('|', ', ')} | {' | '.join(cells)} |")
    means = [f"{np.mean([row[name][1] for row in rows.values()]):+.3f}" for name in DEEP]
    seconds = [f"{np.median([row[name][4] for row in rows.values()]):.0f}" for name in DEEP]
    return "\n".join([*lines, f"| **mean** | {' | '.join(means)} |", f"| CPU seconds | {' | '.join(seconds)} |"])


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
    parser.add_argument("--deep", action="store_true", help="the methods that train, on some pairs")
    parser.add_argument("--work", type=Path, default=Path("bench-work/adaptation"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    data, work = options.data.absolute(), options.work.absolute()
    pairs = [
        pair
        for pair in pairs_of(options.sets)
        if not options.deep or "→" in pair or ("busi" in pair and "strong" in pair)
    ]
    file = work / ("rows-deep.json" if options.deep else "rows.json")
    rows = json.loads(file.read_text()) if file.exists() else {}
    left = [(pair, seed) for seed in options.seeds for pair in pairs if f"{pair}|{seed}" not in rows]
    print(
        f"{len(left)} rows, about {len(left) * (0.7 if options.deep else 1.2):.0f} minutes on two idle cores",
        flush=True,
    )
    for pair, seed in left:
        key = f"{pair}|{seed}"
        rows[key] = deep(data, work, pair, seed) if options.deep else one(data, work, pair, seed, options.draws)
        file.write_text(json.dumps(rows))
        print(key, told(rows[key], options.deep), flush=True)
    if options.deep:
        replace_section("adaptation-deep", deep_section(rows))
    else:
        replace_section("adaptation", section(rows))


def told(row, is_deep):
    """For the terminal."""
    if is_deep:
        return ", ".join(f"{name} {values[1]:+.3f}" for name, values in row.items())
    auroc, best = row["auroc"], max(row["auroc"], key=row["auroc"].get)
    return (
        f"source {auroc[SOURCE_ONLY]:.3f}, auto {auroc[row['chosen']]:.3f} ({row['chosen']}), considered {row['best']} "
        f"{auroc[row['best']]:.3f} ({row['sureness']:.2f}), best {best} {auroc[best]:.3f}, oracle {row['oracle']:.3f}, "
        f"{row['kind']}, {row['minutes']:.1f} min"
    )


if __name__ == "__main__":
    main()
