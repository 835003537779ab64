"""Image and table on a made cohort whose label depends half on the one, half on the other; the optimum is known.

    python bench/fusion.py [--seeds 20] [--work DIR]

Two classes, normal features: those of the image (64 columns) lie ``SHIFT`` spreads apart along a random direction, two
columns of the table together as much; two more columns of the table are noise, one of them with a fifth of its cells
missing, and so is a category of three groups. So the best there can be is an AUROC of Φ(SHIFT / √2) from either side
alone and Φ(SHIFT) from both (independent evidence adds up). Two cases a patient, alike in everything but noise of
their own; patients apart in the folds. The image model is the linear probe with its cross-validation, the fusion is
what ``fit --clinical`` does: on out-of-fold answers. Judged on 4,000 new cases (``new``), and by cross-validation
(``cv``) to see whether the latter is honest. ``nothing`` rows: one of the sides is pure noise; fusing must cost little.
Rows are kept in the work folder. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from page import replace_section
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from medgraft.data.clinical.columns import Column
from medgraft.data.clinical.table import ClinicalRows
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.fusion.fusion import FusionCases, cross_validated, fitted_fusion
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.strategy import Material

SHIFT, WIDTH, NEW = 1.4, 64, 4000
COLUMNS = (
    *(Column(name, "number") for name in ("marker", "score", "noise", "gaps")),
    Column("group", "category"),
)
SETTINGS = {
    "half and half": (SHIFT, SHIFT),
    "nothing in the table": (SHIFT, 0.0),
    "nothing in the image": (0.0, SHIFT),
}
SIZES = (100, 200, 400)
MODELS = ("image", "table", "both")


def cohort(rng, cases, shifts, direction):
    """(features, rows, labels, groups); a patient has two cases of one class and one row of the table."""
    groups = np.arange(cases) // 2
    labels = rng.permutation(np.arange(cases // 2) % 2)[groups]
    image, table = (shift * (labels - 0.5) for shift in shifts)
    features = rng.normal(size=(cases, WIDTH)) + image[:, None] * direction
    patients = rng.normal(size=(cases // 2, 4))[groups]
    patients[:, :2] += table[:, None] / math.sqrt(2)
    patients[rng.random(cases // 2)[groups] < 0.2, 3] = np.nan
    values = pd.DataFrame(patients, columns=[column.name for column in COLUMNS[:4]])
    values["group"] = rng.choice(["a", "b", "c"], cases // 2)[groups]
    rows = ClinicalRows(COLUMNS, values, np.ones(cases, bool), "patient")
    return features.astype(np.float32), rows, labels.astype(np.int64), groups.astype(np.int64)


def learnt(features, labels, groups, seed):
    """The probe, fitted and cross-validated on these cases as a fit does, and what its cross-validation says where a
    fold of the first repeat is left out."""
    material = Material(
        features=features,
        labels=labels,
        groups=groups,
        is_val=groups % 5 == 0,
        index=np.arange(len(labels)),
        n_classes=2,
        pixels=lambda rows: np.zeros((len(rows), 1, 8, 8), np.float32),
        backbone=SimpleNamespace(facts=SimpleNamespace(parts=())),
        modality="unknown",
        checkpoints=None,
        seed=seed,
    )
    done = LinearProbe(LinearProbeConfig(root=False)).fit(material)

    def without(number):
        rest = np.flatnonzero(done.out_of_fold.fold[0] != number)
        inner = LinearProbe(LinearProbeConfig(root=False, repeats=1)).fit(material.take(rest)).out_of_fold
        answers = np.zeros((len(labels), 2))
        answers[rest[inner.rows]] = inner.probability[0]
        return answers

    return done, without


def one(cases, shifts, seed):
    """AUROC by model, on new cases and by cross-validation."""
    rng = np.random.default_rng((seed, cases))
    direction = rng.normal(size=WIDTH)
    direction /= np.linalg.norm(direction)
    features, rows, labels, groups = cohort(rng, cases, shifts, direction)
    done, without = learnt(features, labels, groups, seed)
    seen = FusionCases(rows, done.out_of_fold.probability, labels, groups)
    fusion = fitted_fusion(seen, seed=seed).fusion
    new = cohort(rng, NEW, shifts, direction)
    image = done.head.answers(Bags.single(new[0]))
    told = {"image": image, "table": fusion.of_table(new[1]), "both": fusion.of_both(image, new[1])}
    beside = {"image": seen.image[0], **cross_validated(seen, done.out_of_fold.fold[0], without, seed=seed)}
    return {
        "new": {name: float(roc_auc_score(new[2], told[name][:, 1])) for name in MODELS},
        "cv": {name: float(roc_auc_score(labels, beside[name][:, 1])) for name in MODELS},
    }


def optimum(shifts):
    """AUROC of the best there can be, by model."""
    apart = {"image": shifts[0], "table": shifts[1], "both": math.hypot(*shifts)}
    return {name: float(norm.cdf(apart[name] / math.sqrt(2))) for name in MODELS}


def cell(values):
    """``0.812 ± 0.004``: mean and its standard error over seeds."""
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1) / math.sqrt(len(values)):.3f}"


def section(rows):
    """One line a setting and size."""
    heads = " | ".join(f"{name}, {part}" for part in ("new", "cv") for name in MODELS)
    lines = [f"| | cases | seeds | {heads} |", "|---|---|---|" + "---|" * 6]
    for title, shifts in SETTINGS.items():
        best = " | ".join(f"{optimum(shifts)[name]:.3f}" for name in MODELS)
        lines.append(f"| **{title}**: the best there can be | ∞ | | {best} | {best} |")
        for cases in SIZES:
            found = [row for key, row in rows.items() if key.startswith(f"{title}|{cases}|")]
            if found:
                cells = [cell([row[part][name] for row in found]) for part in ("new", "cv") for name in MODELS]
                lines.append(f"| {title} | {cases} | {len(found)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--work", type=Path, default=Path("bench-work/fusion"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    file = options.work / "rows.json"
    rows = json.loads(file.read_text()) if file.exists() else {}
    for seed in range(options.seeds):
        for title, shifts in SETTINGS.items():
            for cases in SIZES:
                key = f"{title}|{cases}|{seed}"
                if key not in rows:
                    rows[key] = one(cases, shifts, seed)
                    file.write_text(json.dumps(rows))
        print(f"{seed + 1} of {options.seeds} seeds", flush=True)
    text = section(rows)
    replace_section("fusion", text)
    print(text)


if __name__ == "__main__":
    main()
