"""The test of shift: how often it cries where nothing differs, sees what does, and names another mixture of classes.

    python bench/shift.py --data DIR [--draws 100] [--sets busi pneumonia cxr] [--parts …] [--work DIR]

Each draw halves a set by patient at random, fits a probe to one half and asks, as ``medgraft shift`` does, whether the
other half differs:

    halves    nothing is done                                            of each set, 100 draws
    strong    the pictures of the other half are changed strongly        100 draws over six changes and all sets
    labels    the first class has half of the cases in the one part and  of each set, 100 draws
              four fifths in the other, by leaving cases out at random

Sets: ``busi``, 1,000 cases of ``pneumoniamnist``, ``cxr_nih``; pooled features of the default backbone at 128 px. Draws
of one set share its cases, so that the intervals (Clopper-Pearson) are of the draws, not of other sets. Rows and
features are kept in the work folder. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
from page import replace_section
from sites import SHIFTS, Ground, features_of, pair_of, patient_parts, rows_of, with_shares

from medgraft.measure.intervals.clopper_pearson import clopper_pearson
from medgraft.measure.shift.assessment import assess

PARTS = ("halves", "strong", "labels")
KINDS = ("none", "labels", "pictures", "unknown")
SECONDS = 2.2
"""A draw with its share of the features, on two idle cores."""


def wanted(sets, parts, draws):
    """(part, pair, draw), in an order in which an interrupted run has some of all."""
    found = []
    for draw in range(draws):
        found += [("halves", f"{name}: none", draw) for name in sets]
        kind, name = list(SHIFTS)[draw % len(SHIFTS)], sets[draw // len(SHIFTS) % len(sets)]
        found.append(("strong", f"{name}: {kind} strong", draw))
        found += [("labels", f"{name}: shares", draw) for name in sets]
    return [item for item in found if item[0] in parts]


def of_shares(data, work, name, seed):
    """Source and target of one set whose first class has half and four fifths of the cases."""
    plain = features_of(data, work, name, "none")
    parts = patient_parts(plain[2], 2, seed)
    return [
        rows_of(plain, with_shares(plain[1], np.isin(plain[2], part), seed, share))
        for part, share in zip(parts, (0.5, 0.8), strict=True)
    ]


def one(data, work, part, pair, draw):
    """What the test says of one draw."""
    began = time.monotonic()
    name = pair.partition(": ")[0]
    source, target = of_shares(data, work, name, draw) if part == "labels" else pair_of(data, work, pair, draw)
    ground = Ground.of(source, target, draw)
    found = assess(ground.evidence, seed=draw)
    shares = found.label_shift
    return {
        "shifted": found.shifted,
        "kind": found.kind,
        "p": found.p_value,
        "p_mmd": found.mmd.p_value,
        "p_classifier": found.classifier.p_value,
        "p_labels": shares.p_value,
        "p_residual": found.residual_p_value,
        "first": [float(shares.em.value[0]), float(shares.em.low[0]), float(shares.em.high[0])],
        "truth": float((ground.truth == 0).mean()),
        "n": [len(ground.pair.source.labels), len(ground.truth)],
        "seconds": round(time.monotonic() - began, 2),
    }


def share(hits, cases):
    """``7 of 100 (2.9–13.9 %)``."""
    low, high = clopper_pearson(hits, cases)
    return f"{hits} of {cases} ({100 * low:.1f}–{100 * high:.1f} %)"


def line(title, rows):
    """One of the table: how often it was called different, and of what kind."""
    kinds = Counter(row["kind"] for row in rows)
    cells = [title, share(sum(row["shifted"] for row in rows), len(rows)), *(str(kinds[kind]) for kind in KINDS)]
    return f"| {' | '.join(cells)} |"


def section(rows):
    """The table, and what was asked."""
    by_pair = {}
    for key, row in rows.items():
        part, pair, _ = key.split("|")
        by_pair.setdefault(part, {}).setdefault(pair, []).append(row)
    lines = ["| done to the other half | called different | " + " | ".join(f"`{kind}`" for kind in KINDS) + " |"]
    lines.append("|---|---|" + "---:|" * len(KINDS))
    lines += [
        line(f"nothing, {pair.partition(':')[0]}", found) for pair, found in sorted(by_pair.get("halves", {}).items())
    ]
    strong = by_pair.get("strong", {})
    for kind in SHIFTS:
        found = [row for pair, some in strong.items() if f": {kind} " in pair for row in some]
        lines += [line(f"strong {kind}", found)] if found else []
    shares = by_pair.get("labels", {})
    lines += [line(f"50:50 → 80:20, {pair.partition(':')[0]}", found) for pair, found in sorted(shares.items())]
    strong, shares = ([row for found in some.values() for row in found] for some in (strong, shares))
    if strong:
        seen = sum(row["shifted"] and row["kind"] == "pictures" for row in strong)
        lines += ["", f"Strong changes that were called different in their pictures: {share(seen, len(strong))}."]
    if shares:
        named = sum(row["kind"] == "labels" for row in shares)
        held = sum(row["first"][1] <= row["truth"] <= row["first"][2] for row in shares)
        lines += [f"Other shares that were called that and nothing else: {share(named, len(shares))};"]
        lines += [f"the interval of the first class's share held the truth in {share(held, len(shares))}."]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--sets", nargs="+", default=["busi", "pneumonia", "cxr"])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--work", type=Path, default=Path("bench-work/adaptation"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    file = options.work / "rows-shift.json"
    rows = json.loads(file.read_text()) if file.exists() else {}
    asked = wanted(options.sets, options.parts, options.draws)
    left = [item for item in asked if "|".join(map(str, item)) not in rows]
    print(f"{len(left)} draws, about {len(left) * SECONDS / 60:.0f} minutes on two idle cores", flush=True)
    for part, pair, draw in left:
        key = f"{part}|{pair}|{draw}"
        row = rows[key] = one(options.data.absolute(), options.work.absolute(), part, pair, draw)
        file.write_text(json.dumps(rows))
        print(f"{key}: {row['kind']}, p {row['p']:.3f}, {row['seconds']:.1f} s", flush=True)
    text = section({key: rows[key] for key in ("|".join(map(str, item)) for item in asked)})
    replace_section("shift", text)
    print(text)


if __name__ == "__main__":
    main()
