"""How often ``compare`` says "no difference seen" where there is none.

    python bench/compare_null.py [--draws 500] [--work DIR]

*Simulated*: two models whose scores are the signal, a part that they share, and noise of their own of one size, so
that neither is better; 60, 100 and 300 cases, one or three of a patient (alike, because they share what is hard).
*A run with itself*: a fit on the phantom, whose cross-validation answers every case three times by models that were
made the same way; two repeats are the two runs. A draw takes patients with replacement (each draw of a patient is one)
and swaps the two answers of a patient at random, so that there is no difference to be found whatever the answers are.
The verdict is that of ``compare``, by AUROC: paired DeLong, clustered where a patient has several cases.
Rows are kept in the work folder. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section
from scipy.special import expit

from medgraft.data.phantom.cohort import write_phantom
from medgraft.experiment.comparing_runs import PairedAnswers, decided
from medgraft.experiment.fitting import fit_run
from medgraft.home import Home
from medgraft.measure.intervals.wilson import wilson

SETTINGS = [(cases, each) for each in (1, 3) for cases in (60, 100, 300)]
NOTHING = "no difference seen"


def pair(truth, first, second, groups):
    """Two sets of chances of class 1, called at one half."""
    chances = tuple(np.stack([1 - p, p], axis=1) for p in (first, second))
    called = tuple((p >= 0.5).astype(np.intp) for p in (first, second))
    return PairedAnswers(truth.astype(np.intp), chances, called, 1, groups)


def verdict(answers, seed):
    """What compare says, and McNemar's p value."""
    return decided(answers.auroc(seed), answers.accuracy(seed))[2], answers.mcnemar().p_value


def simulated(rng, cases, each):
    """Two models of the same worth."""
    groups = np.arange(cases) // each
    truth = (rng.permutation(groups.max() + 1) % 2)[groups]
    shared = rng.normal(size=groups.max() + 1)[groups] + rng.normal(size=cases) * 0.5
    first, second = (expit(1.5 * (truth - 0.5) + 0.7 * shared + 0.7 * rng.normal(size=cases)) for _ in range(2))
    return pair(truth, first, second, groups)


def resampled(rng, truth, answers, groups):
    """Patients drawn anew, their two answers swapped or not."""
    drawn = rng.integers(0, groups.max() + 1, groups.max() + 1)
    rows = [np.flatnonzero(groups == patient) for patient in drawn]
    numbers = np.repeat(np.arange(len(rows)), [len(one) for one in rows])
    swapped = (rng.random(len(rows)) < 0.5)[numbers]
    place = np.concatenate(rows)
    one, other = (side[place] for side in answers)
    return pair(truth[place], np.where(swapped, other, one), np.where(swapped, one, other), numbers)


def repeats_of_a_run():
    """Truth, the answers of two repeats of cross-validation, and patient numbers, by case."""
    with tempfile.TemporaryDirectory() as folder:
        data = write_phantom(Path(folder) / "cohort", patients=60, images_per_patient=(1, 3), size=64, seed=8)
        fit_run(data, Path(folder) / "run", home=Home(Path(folder) / "house"))
        rows = pd.read_parquet(Path(folder) / "run" / "predictions.parquet")
    rows = rows[rows["split"] == "cv"]
    table = rows.pivot(index="case_id", columns="repeat", values="p_nodule")
    first = rows.drop_duplicates("case_id").set_index("case_id").loc[table.index]
    answers = table[0].to_numpy(), table[1].to_numpy()
    return (first["y_true"] == "nodule").to_numpy(int), answers, pd.factorize(first["patient_id"])[0]


def section(rows):
    lines = ["| | cases a patient | draws | no difference seen | McNemar p < 0.05 |", "|---|---|---|---|---|"]
    for title, row in rows.items():
        name, each = title.split("|")
        low, high = wilson(row["nothing"] / row["draws"], row["draws"])
        cell = f"{100 * row['nothing'] / row['draws']:.1f} % ({100 * low:.1f}–{100 * high:.1f})"
        lines.append(f"| {name} | {each} | {row['draws']} | {cell} | {100 * row['mcnemar'] / row['draws']:.1f} % |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--work", type=Path, default=Path("bench-work/compare-null"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    file = options.work / "rows.json"
    rows = json.loads(file.read_text()) if file.exists() else {}
    run = None
    makers = {f"simulated, {cases} cases|{each}": (cases, each) for cases, each in SETTINGS}
    for title, setting in {**makers, "a run with itself|1 to 3": None}.items():
        if rows.get(title, {}).get("draws") == options.draws:
            continue
        if setting is None and run is None:
            run = repeats_of_a_run()
        found = []
        for seed in range(options.draws):
            rng = np.random.default_rng((seed, *(setting or ())))
            found.append(verdict(simulated(rng, *setting) if setting else resampled(rng, *run), seed))
        nothing, tests = sum(one == NOTHING for one, _ in found), sum(p < 0.05 for _, p in found)
        rows[title] = {"draws": options.draws, "nothing": nothing, "mcnemar": tests}
        file.write_text(json.dumps(rows))
        print(f"{title}: {nothing} of {options.draws}", flush=True)
    text = section(rows)
    replace_section("compare-null", text)
    print(text)


if __name__ == "__main__":
    main()
