"""Probabilities at another site: a probe from one phantom site, recalibrated by 20, 50 and 100 cases or a prevalence.

    python bench/recalibration.py [--cohorts 2] [--draws 20] [--work DIR]

The model learns at the phantom's first site, where half of the patients have a nodule; the other has a seventh of the
dose, more scatter, another display curve, and one patient in seven with a nodule. For comparison, patients of the first
site of whom one in seven has a nodule: there only the prevalence differs. One picture a patient. Recalibrated is as by
``medgraft evaluate --recalibrate K`` and ``--prevalence P`` (the stage itself), from cases drawn at random; the others
judge before and after. Each cohort is drawn anew, with a model of its own; each has several draws of the labelled
cases. Changes are after less before, paired on the same cases: their mean over all draws, with the 5th and the 95th
percentile of the draws, and in how many the score got better. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from page import replace_section

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import CohortError
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.recalibrating import NewSite, recalibrate
from medgraft.experiment.stages.robustness import Evaluated
from medgraft.experiment.stages.workspace import pictures_of, read_told
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.use.prediction.predictor import Predictor

LABELLED, HERE, THERE = (20, 50, 100), 0.5, 1 / 7
PLACES = {"another site": "synthetic-b", "the same site": "synthetic-a"}
SCORES = ("Brier score", "debiased calibration error", "log loss")


def of_site(folder, name):
    """A table of the films of one site, beside the whole one."""
    with (folder / "table.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["site"] == name]
    place = folder / f"{name}.csv"
    with place.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["path", "label", "patient"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return place


def answered(work, number, home):
    """The run of a cohort's model, its bundle, and by place the cases and what it says of them."""
    plan = {"images_per_patient": (1, 1), "sites": 2, "size": 128}
    own = write_phantom(work / f"own-{number}", patients=500, prevalence=HERE, seed=10 * number + 31, **plan)
    other = write_phantom(work / f"other-{number}", patients=840, prevalence=THERE, seed=10 * number + 32, **plan)
    run, flags = work / f"run-{number}", {"evaluation.explained": 0, "data.positive": "nodule"}
    fit_run(of_site(own, PLACES["the same site"]), run, flags=flags, home=home)
    predictor, reader = Predictor.load(run, home), ImageReader()
    places = {}
    for place, site in PLACES.items():
        table = read_told(of_site(other, site), CohortOptions(), home, reader, Progress()).table
        places[place] = table, predictor.predict(pictures_of(table), reader=reader)
    return RunFolder(run), predictor.bundle, places


def scores_of(content):
    """(before, after) of each score; the Brier score as that of two classes, from 0 to 1."""
    brier, errors, loss = content["brier"], content["calibration"], content["log_loss"]
    pairs = [
        (brier["before"] / 2, brier["after"] / 2),
        (errors["before"]["debiased"], errors["after"]["debiased"]),
        (loss["before"], loss["after"]),
    ]
    return dict(zip(SCORES, pairs, strict=True))


def judged(work, number, draws, home):
    """By place and what was known of it: scores of each draw."""
    run, bundle, places = answered(work, number, home)
    found = {}
    for place, (table, answer) in places.items():
        prevalence = float((table["label"] == "nodule").mean())
        known = {f"{count} cases": [(NewSite(count), seed) for seed in range(draws)] for count in LABELLED}
        known["prevalence"] = [(NewSite(prevalence=prevalence), 0)]
        given = (answer.probability, answer.embedding.features)
        for name, asked in known.items():
            rows = found[f"{place} | {name}"] = []
            for site, seed in asked:
                evaluated = Evaluated("external:other", table, answer.embedding.facts, seed, 200)
                try:
                    rows.append(scores_of(recalibrate(run, evaluated, given, bundle, site).content))
                except CohortError:  # all of them are of one class
                    rows.append(None)
    return found


def lines(rows):
    """One row a source of knowledge and score."""
    heads = ["place", "recalibrated from", "score", "before", "after", "change (5th to 95th percentile)", "better in"]
    yield f"| {' | '.join(heads)} |"
    yield "|---|---|---|---:|---:|---:|---:|"
    for name, drawn in rows.items():
        some = [row for row in drawn if row is not None]
        for score in SCORES:
            before, after = np.array([row[score] for row in some]).T
            change = after - before
            low, high = np.percentile(change, [5, 95])
            span = f"{change.mean():+.3f} ({low:+.3f} to {high:+.3f})".replace("-", "−")
            cells = [name, score, f"{before.mean():.3f}", f"{after.mean():.3f}", span]
            yield f"| {' | '.join([*cells, f'{int((change < 0).sum())} of {len(change)}'])} |"
    refused = {name: sum(row is None for row in some) for name, some in rows.items()}
    told = [
        f"{count} of {len(rows[name])} draws ({name.replace(' | ', ', ')})" for name, count in refused.items() if count
    ]
    if told:
        yield ""
        yield f"Refused, as all drawn cases are of one class: {', '.join(told)}."


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=2)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--work", type=Path, default=Path("bench-work/recalibration"))
    options = parser.parse_args()
    work = options.work.resolve()
    home, kept = Home(work / "home"), work / "rows.json"
    rows = {}
    for number in range(options.cohorts):
        for name, some in judged(work, number, options.draws, home).items():
            rows.setdefault(name, []).extend(some)
    kept.write_text(json.dumps(rows))
    text = "\n".join(lines(rows))
    print(text)
    replace_section("recalibration", text)


if __name__ == "__main__":
    main()
