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
from medgraft.transfer.adaptation.choosing import SOURCE_ONLY, adapt_automatically
from medgraft.transfer.adaptation.stand_in import find_stand_in

MADE = [f"{name} {how}" for name in SHIFTS for how in ("weak", "strong")]
GAP = 0.05


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
