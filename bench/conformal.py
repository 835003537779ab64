"""Whether sets of labels hold the truth as often as they promise, and stray as far as they may: 500 random splits.

    python bench/conformal.py [--data ../shared/data] [--splits 500] [--work DIR]

*Simulated*: three classes, probabilities from a Dirichlet distribution, the truth drawn from them; 200 patients to
calibrate on and 300 new ones, of one case each or of one to five that are alike. *Real*: the test half of a `medgraft
fit` on a data set, parted anew each time into half to calibrate on and half to judge, by patient where patients are
known. One bound for all classes (split), and one a class (class-conditional, where a class has 20 patients).

What is known in closed form, with n patients and one case of each: mean coverage k / (n + 1), k = ⌈(n + 1)(1 − α)⌉,
which lies within [1 − α, 1 − α + 1 / (n + 1)]; and among m new patients the number covered is beta-binomial, so that
its spread is known too. The claims: the mean lies within those limits ± 2 standard errors; a Kolmogorov-Smirnov test of
the counts against their own law (put on a scale from 0 to 1 by a random draw within each count) does not reject it at
1 in 1000, there being some thirty of them. Ties only cover more. Bounds are compared with a sort and MAPIE's quantile,
where that is installed. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import math
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section
from scipy.stats import betabinom, kstest

from medgraft.experiment.fitting import fit_run
from medgraft.measure.conformal.split import SetRule, calibrate_sets

ALPHAS, PATIENTS, NEW, ALIKE = (0.1, 0.05), 200, 300, 0.7
REAL = {"busi": "BUSI", "cxr_nih": "NIH chest films"}
REJECTED = 0.001


def simulated(random, patients, most):
    """Truth, probabilities and patients; cases of one patient share most of their probabilities."""
    sizes = random.integers(1, most + 1, patients)
    groups = np.repeat(np.arange(patients), sizes)
    own = random.dirichlet((0.6, 0.4, 0.25), patients)[groups]
    share = ALIKE if most > 1 else 0.0
    chances = share * own + (1 - share) * random.dirichlet((0.6, 0.4, 0.25), len(groups))
    truth = (random.random((len(groups), 1)) > np.cumsum(chances, axis=1)[:, :2]).sum(axis=1)
    return truth, chances, groups


def one_each(random, groups, member):
    """A random case in ``member`` of each patient."""
    lot = random.permutation(len(groups))
    lot = lot[member[lot]]
    return lot[np.unique(groups[lot], return_index=True)[1]]


def by_hand(scores, alpha):
    """The bound, by a sort."""
    place = math.ceil((len(scores) + 1) * (1 - alpha) - 1e-9)
    return np.inf if place > len(scores) else np.sort(scores)[place - 1]


def counts_of(random, learnt, judged, alpha, by_class):
    """For each bound of a calibration: n, m, and how many of m new patients are covered."""
    truth, chances, groups = learnt
    seed = int(random.integers(2**31))
    sets = calibrate_sets(truth, chances, SetRule(alpha=alpha, by_class=by_class), groups=groups, seed=seed)
    new, said, persons = judged
    held = sets(said)[np.arange(len(new)), new]
    for shared in sets.bounds:
        if len(truth) == len(np.unique(groups)):
            scores = 1 - chances[np.arange(len(truth)), truth][np.isin(truth, shared.classes)]
            if not math.isclose(shared.bound, by_hand(scores, alpha), rel_tol=1e-12):
                raise SystemExit(f"a bound of {shared.bound} is not {by_hand(scores, alpha)}, which a sort gives")
        taken = one_each(random, persons, np.isin(new, shared.classes))
        if len(taken):
            yield shared.classes, shared.n, len(taken), int(held[taken].sum())


def drawn_simulated(random, most):
    """A calibration and its judges."""
    return simulated(random, PATIENTS, most), simulated(random, NEW, most)


def drawn_real(random, cases):
    """Half of the patients, and the others."""
    truth, chances, groups = cases
    persons = np.unique(groups)
    half = np.isin(groups, random.permutation(persons)[: len(persons) // 2])
    return tuple((truth[side], chances[side], groups[side]) for side in (half, ~half))


def judged(draw, alpha, by_class, splits, seed):
    """Rows of one setting: one of all classes that have a common bound, or one a class."""
    random, found = np.random.default_rng(seed), {}
    for _ in range(splits):
        for classes, *numbers in counts_of(random, *draw(random), alpha, by_class):
            found.setdefault(tuple(classes), []).append(numbers)
    for classes, numbers in sorted(found.items()):
        if len(numbers) == splits:  # the classes that shared a bound in every split
            yield classes, law(np.array(numbers).T, alpha, random)


def law(numbers, alpha, random):
    """Of n, m and the number covered, each (splits,): what is seen, and what the law says."""
    n, m, covered = numbers
    rank = np.ceil((n + 1) * (1 - alpha) - 1e-9)
    own = betabinom(m, rank, n + 1 - rank)
    share = covered / m
    place = own.cdf(covered - 1) + random.random(len(n)) * own.pmf(covered)
    return {
        "n": n.mean(),
        "mean": share.mean(),
        "error": share.std(ddof=1) / math.sqrt(len(n)),
        "low": 1 - alpha,
        "high": 1 - alpha + float(np.mean(1 / (n + 1))),
        "expected": float(np.mean(rank / (n + 1))),
        "spread": share.std(ddof=1),
        "law": math.sqrt(float(np.mean(own.var() / m**2)) + float(np.var(rank / (n + 1)))),
        "p": float(kstest(place, "uniform").pvalue),
    }


def answers_of(data, work):
    """Truth, probabilities and patients of the test half of a fit."""
    out = work / f"run-{data.name}"
    flags = {"split.train": 0.4, "split.val": 0.1, "split.test": 0.5, "evaluation.explained": 0}
    fit_run(data, out, flags=flags)
    rows = pd.read_parquet(out / "predictions.parquet").query("split == 'test'")
    columns = [name for name in rows if name.startswith("p_")]
    truth = pd.Categorical(rows["y_true"], [name.removeprefix("p_") for name in columns]).codes.astype(np.int64)
    patients = rows["patient_id"].fillna(rows["case_id"])
    return truth, rows[columns].to_numpy(), pd.factorize(patients)[0], [name.removeprefix("p_") for name in columns]


def line(name, rule, alpha, row):
    """A row of the table, bold where a claim does not hold."""
    inside = row["low"] - 2 * row["error"] <= row["mean"] <= row["high"] + 2 * row["error"]
    fits = row["p"] >= REJECTED
    mean = f"{100 * row['mean']:.2f} ± {100 * row['error']:.2f}"
    spread = f"{100 * row['spread']:.2f} ({100 * row['law']:.2f})"
    cells = [
        *(name, rule, f"{alpha:g}", f"{row['n']:.0f}", mean if inside else f"**{mean}**"),
        f"{100 * row['low']:.0f} to {100 * row['high']:.2f}",
        *(spread, f"{row['p']:.3f}" if fits else f"**{row['p']:.4f}**"),
    ]
    return f"| {' | '.join(cells)} |", (inside, fits)


def against_mapie():
    """A sentence on MAPIE's quantile of the same scores; empty where it is not installed."""
    try:
        from mapie.conformity_scores.sets import LACConformityScore
    except ImportError:
        return "Bounds equal those of a sort; MAPIE is not installed here."
    scores = 1 - np.random.default_rng(0).random((150, 1))
    theirs = np.ravel(LACConformityScore().get_conformity_score_quantiles(scores, ALPHAS, None))
    far = np.abs(theirs - [by_hand(scores[:, 0], alpha) for alpha in ALPHAS]).max()
    return f"Bounds equal those of a sort; MAPIE's quantiles differ from them by {far:.1g}."


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--splits", type=int, default=500)
    parser.add_argument("--work", type=Path, default=Path("bench-work/conformal"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    settings = [
        ("simulated, one case a patient", lambda random: drawn_simulated(random, 1), ["a", "b", "c"]),
        ("simulated, one to five alike", lambda random: drawn_simulated(random, 5), ["a", "b", "c"]),
    ]
    for folder, title in REAL.items():
        if (options.data / folder).is_dir():
            *cases, labels = answers_of((options.data / folder).resolve(), options.work)
            settings.append((title, lambda random, cases=cases: drawn_real(random, cases), labels))
    lines, claims = [], []
    for number, (name, draw, labels) in enumerate(settings):
        for alpha in ALPHAS:
            for by_class in (False, True):
                for classes, row in judged(draw, alpha, by_class, options.splits, [number, int(1000 * alpha)]):
                    rule = " + ".join(labels[one] for one in classes) if by_class else "all"
                    text, held = line(name, rule, alpha, row)
                    lines.append(text)
                    claims += held
                    print(text, flush=True)
    heads = ["cases", "bound of", "α", "patients that set it", "coverage in %", "promised", "spread (its law)", "p"]
    table = [f"| {' | '.join(heads)} |", "|---|---|---:|---:|---:|---:|---:|---:|", *lines]
    told = f"{sum(claims)} of {len(claims)} claims hold. {against_mapie()}"
    replace_section("conformal", "\n".join([*table, "", told]))
    print(told)


if __name__ == "__main__":
    main()
