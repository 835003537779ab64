"""Do hints tell the best source without trying? ``rank`` on ten sources, and how far each hint agrees with it.

    python bench/rank.py --data DIR [--home HOME] [--size 128] [--cases N] [--work DIR]

On the judged halves of ``busi`` and ``cxr_nih``, the very ones of ``bench/pretrain.py``. ``--home`` is the house of
that benchmark (its work folder has it), whose store holds what ``pretrain`` made; sources whose weights are not in the
store are left out with a word. A probe and k-NN on common patient-grouped folds decide; hints are computed
without them. Agreement is weighted Kendall τ with the probe's order (``measure/ranking.py``), with a 95 % interval by
bootstrap over sources and data sets. With two sets and ten sources it is wide: it says how little is known.
Data sets that are done are kept in the work folder. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from page import replace_section
from pretrain import MODALITY, TARGETS, halves

from medgraft.experiment.ranking import rank_data
from medgraft.home import Home
from medgraft.measure.ranking import rank_agreement
from medgraft.progress import Progress

RANDOM = "tf_efficientnet_lite0@random"
SOURCES = (
    *(f"tf_efficientnet_lite{number}" for number in (0, 1, 2)),
    "mobilenetv2_100",
    "supervised",
    "imagenet-supervised",
    "views",
    "imagenet-views",
    "classical",
    RANDOM,
)
HINTS = {"logme": "LogME", "h-score": "H-score", "n-leep": "N-LEEP", "leep": "LEEP", "knn": "k-NN"}


def ranked(table, name, options, home):
    """One data set: rows of ``rank``, the best first."""
    flags = {"search.backbones": list(SOURCES), "data.modality": MODALITY[name], "preprocess.size": options.size}
    result = rank_data(table, flags=flags, home=home, progress=Progress())
    for source, reason in result.left_out.items():
        print(f"{name}: without {source}: {reason}", flush=True)
    return {"rows": result.rows, "cases": result.cases, "folds": result.folds, "left_out": sorted(result.left_out)}


def hint(row, name):
    """Its value; that of k-NN is an AUROC. NaN where it was not measured."""
    value = (row.get("knn") or {}).get("value") if name == "knn" else row["hints"].get(name)
    return float("nan") if value is None else float(value)


def agreement_lines(found):
    """τ of each hint with the probe, by data set and in the mean."""
    columns = {name: {row["name"]: row for row in item["rows"]} for name, item in found.items()}
    heads = [*found, *(["mean"] if len(found) > 1 else [])]
    lines = [f"| τ with the probe's order | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    for name, title in HINTS.items():
        achieved, hinted = np.full((2, len(found), len(SOURCES)), np.nan)
        for place, rows in enumerate(columns.values()):
            for column, source in enumerate(SOURCES):
                if source in rows:
                    achieved[place, column] = rows[source]["probe"]["value"]
                    hinted[place, column] = hint(rows[source], name)
        if not np.isfinite(hinted).any():
            continue
        each = [rank_agreement(one, other) for one, other in zip(hinted, achieved, strict=True)]
        each += [rank_agreement(hinted, achieved)] if len(found) > 1 else []
        cells = ["–" if one.tau is None else f"{one.tau:+.2f} ({one.low:+.2f} to {one.high:+.2f})" for one in each]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def last_words(name, rows):
    """Whether the control that knows nothing came last."""
    places = [row["name"] for row in rows]
    if RANDOM not in places:
        return f"`{name}`: without the control."
    place = places.index(RANDOM) + 1
    if place == len(places):
        return f"`{name}`: random weights rank last of {place}."
    behind = ", ".join(f"`{one}`" for one in places[place:])
    return f"`{name}`: random weights rank {place} of {len(places)}, NOT last; behind them {behind}."


def source_lines(name, item):
    """The table of one data set."""
    told = [key for key in HINTS if any(np.isfinite(hint(row, key)) for row in item["rows"])]
    lines = [
        f"### {name}, {item['cases']} cases, {item['folds']} folds",
        "",
        f"| source | probe AUROC | to the best | {' | '.join(HINTS[key] for key in told)} | MB | ms a picture |",
        "|---|---|---|" + "---:|" * (len(told) + 2),
    ]
    for row in item["rows"]:
        probe, gap = row["probe"], row["to_best"]
        apart = "best" if gap["value"] == 0 else f"{gap['value']:+.3f} ({gap['low']:+.3f} to {gap['high']:+.3f})"
        tie = ", ties" if row["ties_with_best"] and gap["value"] else ""
        cells = [
            f"`{row['name']}`",
            f"{probe['value']:.3f} ({probe['low']:.3f}–{probe['high']:.3f})",
            f"{apart}{tie}",
            *(f"{hint(row, key):.3f}" for key in told),
            f"{row['megabytes']:.1f}",
            f"{1000 * row['seconds_a_picture']:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    left_out = [f"`{source}`" for source in item["left_out"]]
    return [*lines, *(["", f"Left out, not in the store: {', '.join(left_out)}."] if left_out else []), ""]


def section(found):
    """All tables."""
    lines = [line for name, item in found.items() for line in source_lines(name, item)]
    lines += [f"- {last_words(name, item['rows'])}" for name, item in found.items()]
    return "\n".join([*lines, "", *agreement_lines(found)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds busi and cxr_nih")
    parser.add_argument("--home", type=Path, help="the house of bench/pretrain.py, for its weights")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--cases", type=int, default=0, help="of each set, for a trial that only prints; 0: all")
    parser.add_argument("--work", type=Path, default=Path("bench-work/rank"))
    options = parser.parse_args()
    options.work = options.work.absolute()
    options.work.mkdir(parents=True, exist_ok=True)
    print(f"about {1 + 9 * (options.size / 128) ** 2:.0f} minutes", flush=True)
    file = options.work / f"rows-{options.size}-{options.cases}.json"
    found = json.loads(file.read_text()) if file.exists() else {}
    for name in TARGETS:
        if name not in found:
            _, judged = halves(options.data.absolute(), options.work, name, options.cases)
            found[name] = ranked(judged, name, options, Home.find(options.home))
            file.write_text(json.dumps(found))
            print(last_words(name, found[name]["rows"]), flush=True)
    text = section({name: found[name] for name in TARGETS})
    if not options.cases:
        replace_section("rank", text)
    print(text)


if __name__ == "__main__":
    main()
