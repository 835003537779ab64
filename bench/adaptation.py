"""What adapting brings, on real and on made pairs of sites: every method of seconds, ``auto``, and an oracle.

    python bench/adaptation.py --data DIR [--seeds 0 1 2] [--draws 5] [--deep | --networks] [--work DIR]
                               [--sets real busi pneumonia phantom stained]

Real: films of children (``pneumoniamnist``, enlarged) and of adults (``cxr_nih``), both directions. Made: ``busi``,
1,000 cases of ``pneumoniamnist`` and a phantom, halved by patient into source and target, and the target's pictures
changed in exposure, sharpness, noise, resolution, inversion or field of view, weakly and strongly; no change; and other
shares of classes. A stained phantom is changed in colour. Everything is on pooled features of the default backbone at
128 px. ``auto`` sees what the verb sees: no label of the target, and the test of shift. The oracle is the probe trained
on the target's labels, judged out of fold; real pairs also show what 10, 50 and 200 labels of the target buy.
``--deep`` looks at the methods that train a small network, ``--networks`` at those that change the backbone itself
(AdaBN, TENT), in rows of their own. Numbers are AUROC on the target (macro of the classes); differences are paired,
over patients. Rows are kept in the work folder. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from adaptation_table import alone_section, section
from page import replace_section
from sites import SHIFTS, Ground, changed_pictures, network_of, pair_of, probe

from medgraft.measure.intervals.delong import macro_influence
from medgraft.measure.paired import auroc_difference
from medgraft.measure.patients import Patients
from medgraft.measure.shift.assessment import assess
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.choosing import SOURCE_ONLY, adapt_automatically
from medgraft.transfer.adaptation.stand_in import find_stand_in

MADE = [f"{name} {how}" for name in SHIFTS for how in ("weak", "strong")]
COLOURS = ("colour weak", "colour strong")
FEW = (10, 50, 200)
DEEP = ("deep-coral", "dan", "jan", "dann", "cdan", "mcd", "mcc")
NETWORKS = ("adabn", "tent")
MINUTES = {"": 1.2, "deep": 1.5, "networks": 0.6}
"""Of a row of each kind."""


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


def alone(methods, data, work, name, seed):
    """Each of ``methods`` beside source-only, with what it took and whether it saw itself collapse."""
    ground = Ground.of(*pair_of(data, work, name, seed), seed)
    pair, found = ground.pair, {}
    if methods == NETWORKS:
        pair = replace(pair, network=network_of(data, work, name, seed))
    for method in methods:
        began = time.process_time()
        result = ADAPTATIONS.get(method)(ADAPTATIONS.get(method).Config()).adapt(pair)
        gap = auroc_difference(ground.truth, result.probability, pair.before, groups=pair.target.groups, seed=0)
        seconds = time.process_time() - began
        value = judged(ground.truth, result.probability)
        found[method] = [value, gap.difference, gap.low, gap.high, seconds, bool(result.collapsed)]
    return found


def pairs_of(sets):
    found = []
    if "real" in sets:
        found += ["children→cxr", "cxr→children"]
    for name in ("busi", "pneumonia", "phantom"):
        if name in sets:
            found += [f"{name}: {shift}" for shift in (*MADE, "none", "label shift")]
    return found + [f"stained: {shift}" for shift in COLOURS if "stained" in sets]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--sets", nargs="+", default=["real", "busi", "pneumonia", "phantom", "stained"])
    parser.add_argument("--deep", action="store_true", help="the methods that train, on some pairs")
    parser.add_argument("--networks", action="store_true", help="the methods that change the backbone")
    parser.add_argument("--work", type=Path, default=Path("bench-work/adaptation"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    data, work = options.data.absolute(), options.work.absolute()
    pairs = [
        pair
        for pair in pairs_of(options.sets)
        if not options.deep or "→" in pair or ("busi" in pair and "strong" in pair)
    ]
    kind = "deep" if options.deep else "networks" if options.networks else ""
    file = work / ("-".join(filter(None, ("rows", kind))) + ".json")
    rows = json.loads(file.read_text()) if file.exists() else {}
    left = [(pair, seed) for seed in options.seeds for pair in pairs if f"{pair}|{seed}" not in rows]
    print(f"{len(left)} rows, about {len(left) * MINUTES[kind]:.0f} minutes on two idle cores", flush=True)
    methods = {"deep": DEEP, "networks": NETWORKS}.get(kind)
    for pair, seed in left:
        key = f"{pair}|{seed}"
        rows[key] = alone(methods, data, work, pair, seed) if methods else one(data, work, pair, seed, options.draws)
        file.write_text(json.dumps(rows))
        print(key, told(rows[key], methods), flush=True)
    replace_section(
        "-".join(filter(None, ("adaptation", kind))), alone_section(rows, methods) if methods else section(rows)
    )


def told(row, methods):
    """For the terminal."""
    if methods:
        return ", ".join(f"{name} {values[1]:+.3f}" for name, values in row.items())
    auroc, best = row["auroc"], max(row["auroc"], key=row["auroc"].get)
    return (
        f"source {auroc[SOURCE_ONLY]:.3f}, auto {auroc[row['chosen']]:.3f} ({row['chosen']}), considered {row['best']} "
        f"{auroc[row['best']]:.3f} ({row['sureness']:.2f}), best {best} {auroc[best]:.3f}, oracle {row['oracle']:.3f}, "
        f"{row['kind']}, {row['minutes']:.1f} min"
    )


if __name__ == "__main__":
    main()
