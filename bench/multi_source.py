"""Several sources: five made sites of one set, each left out in turn, and a model of the other four brought to it.

    python bench/multi_source.py --data DIR [--seeds 0 1 2] [--sets busi phantom] [--work DIR]

The patients of a set are drawn into five parts; the pictures of one are as they are, those of the others are changed
strongly in exposure, sharpness, noise or inverted. For each site left out, on pooled features of the default backbone
at 128 px and without a label of that site:

    pooled        one probe of all cases of the four sites (``source-combine``)
    best single   the probe of the one site that does best there: chosen in hindsight, nobody could have
    mean single   what the probe of one of the sites does on average
    weighted      a probe a site, mixed by likeness to the target (``weighted-sources``)
    m3sda         the sites' moments are made alike
    dann-multi    an adversary cannot tell the sites apart
    oracle        a probe of the left-out site's own labels, judged out of fold: of a quarter of the cases that the
                  others have

Numbers are AUROC on the site left out (macro of the classes), with differences to ``pooled``, paired over patients
(DeLong, in its clustered form). A patient is in every seed: over seeds and sites the influences of a patient are summed
before they are squared. Rows and features are kept in the work folder. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section
from sites import features_of, patient_parts, probe, require_one_house, rows_of

from medgraft.measure.intervals.delong import Influence, macro_influence
from medgraft.measure.intervals.wilson import Z
from medgraft.measure.patients import Patients
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.adaptation.adaptation import Pair, SourceCases, TargetCases
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS

SITES = ("none", "exposure strong", "blur strong", "noise strong", "inversion strong")
METHODS = {"pooled": "source-combine", "weighted": "weighted-sources", "m3sda": "m3sda", "dann-multi": "dann-multi"}
COLUMNS = ("pooled", "best single", "mean single", "weighted", "m3sda", "dann-multi", "oracle")
MINUTES = 0.4
"""A row, on two idle cores."""


def made_sites(data, work, name, seed):
    """(features, labels, patients) by site; patients are apart."""
    plain = features_of(data, work, name, "none")
    found = {}
    for site, part in zip(SITES, patient_parts(plain[2], len(SITES), seed), strict=True):
        columns = features_of(data, work, name, site)
        require_one_house(plain, columns)
        found[site] = rows_of(columns, np.isin(columns[2], part))
    return found


def pair_without(sites, left_out, seed):
    """The pair of the other sites' cases and the one left out, and the latter's truth."""
    ours = [site for site in SITES if site != left_out]
    here, said, groups = (np.concatenate([sites[site][place] for site in ours]) for place in range(3))
    there, told, theirs = sites[left_out]
    names = np.repeat(ours, [len(sites[site][1]) for site in ours])
    classes = np.unique(said)
    labels, truth = (np.searchsorted(classes, side).astype(np.int64) for side in (said, told))
    codes = pd.factorize(np.concatenate([groups, theirs]))[0].astype(np.int64)
    source = SourceCases(here, labels, codes[: len(said)], names)
    head = probe(here, labels, source.groups, len(classes), seed).head(rooted=True)
    return Pair(source, TargetCases(there, codes[len(said) :]), len(classes), head, seed=seed), truth


def answers_of(pair, truth):
    """(m, classes) by method, by ``single: SITE`` for the probe of one site, and the oracle; minutes a method."""
    source, target, found, minutes = pair.source, pair.target, {}, {}
    for title, name in METHODS.items():
        began = time.monotonic()
        kind = ADAPTATIONS.get(name)
        found[title] = kind(kind.Config()).adapt(pair).probability
        minutes[title] = (time.monotonic() - began) / 60
    for site in np.unique(source.sites):
        own = source.sites == site
        one = probe(source.features[own], source.labels[own], source.groups[own], pair.n_classes, pair.seed)
        found[f"single: {site}"] = one.head(rooted=True).answers(Bags.single(target.features))
    found["oracle"] = probe(target.features, truth, target.groups, pair.n_classes, pair.seed).held_out
    return found, minutes


def one(sites, left_out, seed):
    """AUROC and differences of one site left out; ``parts`` of each difference by patient, ``patients`` their names."""
    pair, truth = pair_without(sites, left_out, seed)
    found, minutes = answers_of(pair, truth)
    patients = Patients.of(pair.target.groups, len(truth))
    judged = {title: macro_influence(truth, answers, patients) for title, answers in found.items()}
    singles = {title.partition(": ")[2]: judged.pop(title) for title in list(judged) if title.startswith("single: ")}
    best = max(singles, key=lambda site: singles[site].value)
    judged["best single"], judged["mean single"] = singles[best], mean_of(singles.values())
    row = {
        "n": [len(pair.source.labels), len(truth)],
        "best": best,
        "singles": {site: round(one.value, 4) for site, one in singles.items()},
        "auroc": {title: judged[title].value for title in COLUMNS},
        "minutes": {title: round(value, 3) for title, value in minutes.items()},
    }
    names = np.empty(patients.count, object)
    names[patients.codes] = sites[left_out][2]
    row["patients"] = [str(name)[:12] for name in names]
    pooled = judged["pooled"]
    row["parts"] = {title: (judged[title].parts - pooled.parts).round(7).tolist() for title in COLUMNS[1:]}
    return row


def mean_of(influences):
    """Influences add up."""
    every = list(influences)
    return Influence(
        float(np.mean([one.value for one in every])),
        np.mean([one.parts for one in every], axis=0),
        min(one.pairs for one in every),
    )


def difference(rows, title):
    """Mean over rows of the difference to pooled, with its 95 % interval over patients."""
    gap = float(np.mean([row["auroc"][title] - row["auroc"]["pooled"] for row in rows]))
    influence = {}
    for row in rows:
        for patient, part in zip(row["patients"], row["parts"][title], strict=True):
            influence[patient] = influence.get(patient, 0.0) + part / len(rows)
    reach = Z * math.sqrt(sum(part**2 for part in influence.values()))
    return gap, gap - reach, gap + reach


def cell(rows, title):
    """``0.912; +0.012 (−0.004 to +0.029)``."""
    value = np.mean([row["auroc"][title] for row in rows])
    if title == "pooled":
        return f"{value:.3f}"
    gap, low, high = difference(rows, title)
    return f"{value:.3f}; {gap:+.3f} ({low:+.3f} to {high:+.3f})"


def section(rows):
    """Of each set the mean over its sites, then each site."""
    by_set = {}
    for key, row in rows.items():
        name, site, seed = key.split("|")
        by_set.setdefault(name, {}).setdefault(site, {})[seed] = row
    lines = []
    for name, by_site in by_set.items():
        every = [row for found in by_site.values() for row in found.values()]
        seeds = max(len(found) for found in by_site.values())
        sizes = [int(np.mean([row["n"][side] for row in every])) for side in (0, 1)]
        lines += ["" if lines else None, f"`{name}`: {sizes[0]} cases of four sites, {sizes[1]} of the one left out;"]
        lines += [f"{seeds} draws of the sites. AUROC; difference to pooled.", ""]
        lines += ["| left out | " + " | ".join(COLUMNS) + " |", "|---|" + "---|" * len(COLUMNS)]
        for site, found in by_site.items():
            title = "nothing changed" if site == "none" else site
            lines.append(f"| {title} | {' | '.join(cell(list(found.values()), one) for one in COLUMNS)} |")
        lines.append(f"| **mean** | {' | '.join(cell(every, one) for one in COLUMNS)} |")
        spent = ", ".join(f"{title} {60 * np.mean([row['minutes'][title] for row in every]):.1f}" for title in METHODS)
        lines += ["", f"Seconds: {spent}."]
    return "\n".join(line for line in lines if line is not None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sets", nargs="+", default=["busi", "phantom"])
    parser.add_argument("--work", type=Path, default=Path("bench-work/adaptation"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    file = options.work / "rows-multi-source.json"
    rows = json.loads(file.read_text()) if file.exists() else {}
    asked = [(name, site, seed) for seed in options.seeds for name in options.sets for site in SITES]
    left = [item for item in asked if "|".join(map(str, item)) not in rows]
    print(f"{len(left)} rows, about {len(left) * MINUTES:.0f} minutes on two idle cores", flush=True)
    for name, site, seed in left:
        key = f"{name}|{site}|{seed}"
        row = rows[key] = one(made_sites(options.data.absolute(), options.work.absolute(), name, seed), site, seed)
        file.write_text(json.dumps(rows))
        print(f"{key}: {', '.join(f'{title} {value:.3f}' for title, value in row['auroc'].items())}", flush=True)
    text = section({key: rows[key] for key in ("|".join(map(str, item)) for item in asked)})
    replace_section("multi-source", text)
    print(text)


if __name__ == "__main__":
    main()
