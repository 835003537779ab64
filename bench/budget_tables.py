"""Draws the rows of ``budget.py`` as tables, and tells whether what was promised is so."""

from collections import Counter
from statistics import fmean

import numpy as np
from tables import aligned, interval

from medgraft.measure.paired import auroc_difference
from medgraft.measure.splits import split_difference

CONTESTANTS = {
    "usual": "(i) the usual recipe, frozen",
    "unfrozen": "(ii) the usual recipe, unfrozen",
    "fastai": "(iii) fastai `fine_tune`",
}
NEVER_BELOW, AHEAD_ON = -0.01, 2
"""What is promised: no mean difference is below the first; ahead of (i) on so many sets."""


def section(rows, sets, options):
    """All tables of the rows that are there, then the promises."""
    compared = {name: compare(rows, name, splits) for name, (splits, _) in sets.items()}
    compared = {name: found for name, found in compared.items() if found}
    parts = [f"Pictures at {options.size} px, {options.epochs} epochs."]
    parts += [table(rows, name, sets[name][0], found) for name, found in compared.items()]
    return "\n\n".join([*parts, "\n".join(promises(compared, len(sets) * len(CONTESTANTS)))])


def compare(rows, name, splits):
    """contestant → (its AUROCs, medgraft's, the difference with its interval, how the interval was made)."""
    found = {}
    for who in CONTESTANTS:
        seeds = [seed for seed in range(splits) if f"{who}-{name}-{seed}" in rows and f"medgraft-{name}-{seed}" in rows]
        gaps = [gap(rows[f"medgraft-{name}-{seed}"], rows[f"{who}-{name}-{seed}"]) for seed in seeds]
        if not gaps:
            continue
        whole, method = gaps[0], gaps[0].method
        if len(gaps) > 1:
            patients = [rows[f"split-{name}-{seed}"]["patients"] for seed in seeds]
            train, test = (np.array([count[part] for count in patients]) for part in ("train", "test"))
            whole = split_difference(np.array([item.difference for item in gaps]), train, test)
            method = f"Nadeau–Bengio over {len(gaps)} splits"
        found[who] = ([item.second for item in gaps], [item.first for item in gaps], whole, method)
    return found


def gap(ours, other):
    """medgraft's AUROC beside the other's on the same test cases."""
    truth, mine, _ = aligned(ours, ours)
    _, chances, _ = aligned(other, ours)
    return auroc_difference(truth, mine, chances, positive=1 if mine.shape[1] == 2 else None)


def verdict(difference):
    """In a word."""
    if difference.low > 0:
        return "ahead"
    return "behind" if difference.high < 0 else "tie"


def table(rows, name, splits, found):
    """One set: who, wall seconds, AUROC, the paired difference, and the verdict."""
    ours = [row for seed in range(splits) if (row := rows.get(f"medgraft-{name}-{seed}"))]
    test = ", ".join(str(len(row["path"])) for row in ours)
    lines = [
        f"### {name}, {len(ours)} split{'s' if len(ours) > 1 else ''}",
        "",
        "| | wall, s | AUROC | ours − this: AUROC | |",
        "|---|---:|---|---|---|",
    ]
    for who, (theirs, _, difference, _) in found.items():
        walls = [row["wall"] for seed in range(splits) if (row := rows.get(f"{who}-{name}-{seed}"))]
        cells = [f"{fmean(walls):.0f}", values(theirs), interval(difference), verdict(difference)]
        lines.append(f"| {CONTESTANTS[who]} | {' | '.join(cells)} |")
    mine = max((item[1] for item in found.values()), key=len)
    budgets = "/".join(sorted({row["budget"] for row in ours}))
    lines.append(f"| medgraft fit --budget {budgets} | {fmean(row['wall'] for row in ours):.0f} | {values(mine)} | | |")
    method = " / ".join(dict.fromkeys(item[3] for item in found.values()))
    every = [row for key, row in rows.items() if key.rpartition("-")[0].endswith(f"-{name}")]
    speeds = [speed for row in every for speed in row["machine"]]
    told = [f"Test cases: {test}. Interval: {method}.", f"medgraft chose {chosen(ours)}."]
    told += [f"The machine gave {min(speeds):.0f} to {max(speeds):.0f} images a second before and after the rows."]
    return "\n".join([*lines, "", *told])


def chosen(ours):
    """What each split's ladder took, and out of how many."""
    ladders = [row["ladder"] for row in ours]
    names = Counter(ladder["chosen"] for ladder in ladders)
    counts = sorted({len(ladder["candidates"]) for ladder in ladders})
    picked = ", ".join(f"`{name}`" + (f" ({count}×)" if len(ours) > 1 else "") for name, count in names.items())
    return f"{picked} out of {'/'.join(map(str, counts))} candidates that it came to"


def values(aurocs):
    """The mean, and each where there are several."""
    each = f" ({', '.join(f'{value:.3f}' for value in aurocs)})" if len(aurocs) > 1 else ""
    return f"{fmean(aurocs):.3f}{each}"


def promises(compared, wanted):
    """The two claims, checked."""
    every = {(name, who): item[2] for name, found in compared.items() for who, item in found.items()}
    if not every:
        return ["No contestant has been compared yet."]
    low = [
        f"{name} against {CONTESTANTS[who]}: {item.difference:+.3f} ({verdict(item)})"
        for (name, who), item in every.items()
        if item.difference < NEVER_BELOW
    ]
    worst = min(item.difference for item in every.values())
    ahead = [name for (name, who), item in every.items() if who == "usual" and item.low > 0]
    so = "holds" if not low else "does NOT hold"
    twice = "holds" if len(ahead) >= AHEAD_ON else "does NOT hold"
    ties = sum(verdict(item) == "tie" for item in every.values())
    yet = "" if len(every) == wanted else f" Only {len(every)} of {wanted} comparisons are there yet."
    return [
        f"- Never below {NEVER_BELOW:+.2f} against anyone: **{so}**; the lowest mean difference is {worst:+.3f}"
        + (f" ({'; '.join(low)})." if low else "."),
        f"- Above 0 with the whole interval against (i) on {AHEAD_ON} sets: **{twice}**; it is on "
        + (", ".join(ahead) or "none")
        + ".",
        f"- {ties} of {len(every)} comparisons are ties: their interval holds 0.{yet}",
    ]
