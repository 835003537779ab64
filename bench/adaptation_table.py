"""What ``bench/adaptation.py`` says of its rows, in Markdown."""

import numpy as np

from medgraft.transfer.adaptation.choosing import SOURCE_ONLY

GAP = 0.05


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


def alone_section(rows, methods):
    """A line a pair and seed, a column a method; a row in which the method saw itself collapse has a star."""
    lines = ["| pair, seed | " + " | ".join(methods) + " |", "|---|" + "---|" * len(methods)]
    for key, row in rows.items():
        cells = [f"{row[name][0]:.3f}{_apart(row[name][1:4])}{'*' * any(row[name][5:])}" for name in methods]
        lines.append(f"| {key.replace('|', ', ')} | {' | '.join(cells)} |")
    means = [f"{np.mean([row[name][1] for row in rows.values()]):+.3f}" for name in methods]
    seconds = [f"{np.median([row[name][4] for row in rows.values()]):.0f}" for name in methods]
    low = [f"{sum(row[name][1] < -0.01 for row in rows.values())} of {len(rows)}" for name in methods]
    harm = " | ".join(low)
    lines += [f"| **mean** | {' | '.join(means)} |", f"| rows below −0.01 | {harm} |"]
    return "\n".join([*lines, f"| CPU seconds | {' | '.join(seconds)} |", "", "\\* the method saw itself collapse."])
