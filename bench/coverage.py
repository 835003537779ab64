"""How often the 95 % intervals hold the truth: simulated test sets whose true numbers are known.

    python bench/coverage.py [--draws 2000] [--block 50] [--minutes 60] [--work DIR]

A positive case scores N(1.5, 1), another N(0, 1), and the probability is the true one, so that the model is calibrated.
Test sets have 100 or 300 cases, 30 % or 5 % of them positive, one case a patient or one to five; cases of one patient
are alike (their labels share 0.7 of a latent variance, their scores 0.4), which changes no true number, only how much
the cases tell. The cut lies at 0.8: sensitivity 0.76, specificity 0.79. Truths are closed forms, or those of two
million cases. Each draw is evaluated as ``fit`` does it; PPV and NPV are at a prevalence of 2 %.

*Events*: of those that a number rests on (positive cases, negative cases, errors, calls), the expected number of the
fewest. A row with fewer than 10 is marked "few events", and no claim is made for it. The claim: 93 to 97 % for AUROC,
accuracy, sensitivity and specificity elsewhere. The ECE has no such row: the truth is 0, at the end of its range, and a
perfect model shows more by chance (``measure/calibrating/calibration_error.py``).

Blocks of draws are kept in the work folder, so that an interrupted run goes on; ``--minutes`` ends it after a block.
Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
from page import replace_section
from scipy.special import expit, ndtr, ndtri

from medgraft.errors import DataError
from medgraft.measure.evaluation import evaluate
from medgraft.measure.metrics.catalogue import METRICS
from medgraft.measure.metrics.predictions import Predictions
from medgraft.measure.operating.cases import Cases
from medgraft.measure.operating.predictive_values import predictive_values

SHIFT, CUT_AT, ALIKE_LABELS, ALIKE_SCORES = 1.5, 0.8, 0.7, 0.4
ELSEWHERE = 0.02
FEW, LOW, HIGH = 10, 0.93, 0.97
CLAIMED = ("auroc", "accuracy", "sensitivity", "specificity")
SHOWN = [*CLAIMED, *("balanced_accuracy", "precision", "f1", "auprc", "kappa", "mcc", "brier"), "ppv", "npv"]
SETTINGS = [(n, share, most) for share in (0.3, 0.05) for n in (100, 300) for most in (1, 5)]


def key(n, share, most):
    return f"{n}-{share}-{most}"


def probability(score, share):
    """That a case with this score is positive."""
    return expit(math.log(share / (1 - share)) + SHIFT * score - SHIFT**2 / 2)


def drawn(random, n, share, most):
    """Labels, scores and patients of ``n`` cases."""
    sizes = random.integers(1, most + 1, n)
    groups = np.repeat(np.arange(n), sizes)[:n]
    latent, effect = random.normal(size=n)[groups], random.normal(size=n)[groups]
    own, noise = random.normal(size=(2, n))
    labels, scores = (ALIKE_LABELS, ALIKE_SCORES) if most > 1 else (0.0, 0.0)
    truth = math.sqrt(labels) * latent + math.sqrt(1 - labels) * own > ndtri(1 - share)
    return truth, SHIFT * truth + math.sqrt(scores) * effect + math.sqrt(1 - scores) * noise, groups


def truths(share, seed=0, cases=2_000_000):
    """The true value of every number that is shown."""
    random = np.random.default_rng(seed)
    truth, score, _ = drawn(random, cases, share, 1)
    p = probability(score, share)
    sample = Predictions.of(
        truth.astype(np.intp), np.stack([1 - p, p], axis=1), positive=1, threshold=float(probability(CUT_AT, share))
    ).unweighted()
    found = {}
    for name in SHOWN:
        if name in METRICS:
            metric = METRICS.get(name)
            found[name] = float(metric.overall(sample, metric.compute(sample))[0])
    se, sp, at = float(ndtr(SHIFT - CUT_AT)), float(ndtr(CUT_AT)), ELSEWHERE
    found |= {"auroc": float(ndtr(SHIFT / math.sqrt(2))), "sensitivity": se, "specificity": sp}
    found |= {"accuracy": share * se + (1 - share) * sp, "balanced_accuracy": (se + sp) / 2}
    found["precision"] = share * se / (share * se + (1 - share) * (1 - sp))
    found["ppv"] = at * se / (at * se + (1 - at) * (1 - sp))
    found["npv"] = (1 - at) * sp / ((1 - at) * sp + at * (1 - se))
    return found


def events(name, n, share):
    """Expected number of the fewest events that a number rests on."""
    se, sp = float(ndtr(SHIFT - CUT_AT)), float(ndtr(CUT_AT))
    positives, negatives = n * share, n * (1 - share)
    missed, alarms = positives * (1 - se), negatives * (1 - sp)
    hits, spared = positives - missed, negatives - alarms
    return {
        "accuracy": min(missed + alarms, hits + spared),
        "sensitivity": positives,
        "specificity": negatives,
        "precision": min(hits, alarms),
    }.get(name, min(positives, negatives))


def block_of(setting, number, options, true):
    """How often each interval held the truth, and how often there was one, in a block of draws."""
    n, share, most = setting
    random = np.random.default_rng([n, round(1000 * share), most, number])
    held, defined, width = (dict.fromkeys(SHOWN, 0.0) for _ in range(3))
    cut = float(probability(CUT_AT, share))
    for _ in range(options.block):
        truth, score, groups = drawn(random, n, share, most)
        p = probability(score, share)
        entry = evaluate(
            truth.astype(np.intp),
            np.stack([1 - p, p], axis=1),
            labels=("no", "yes"),
            positive="yes",
            groups=groups,
            majority=0,
            threshold=cut,
            threshold_from="val",
            seed=int(random.integers(2**31)),
            replicates=options.replicates,
        )
        try:
            worth = predictive_values(Cases.of(truth, p, groups), cut, ELSEWHERE)
            entry |= {"ppv": worth.ppv.to_dict(), "npv": worth.npv.to_dict()}
        except DataError:  # no positive case was drawn
            pass
        for name in SHOWN:
            found = entry.get(name)
            if found is not None and found["value"] is not None and found["low"] is not None:
                defined[name] += 1
                held[name] += found["low"] <= true[name] <= found["high"]
                width[name] += found["high"] - found["low"]
    return {"held": held, "defined": defined, "width": width, "draws": options.block}


def added(blocks):
    """All blocks of a setting together."""
    return {
        part: {name: sum(block[part][name] for block in blocks) for name in SHOWN}
        for part in ("held", "defined", "width")
    } | {"draws": sum(block["draws"] for block in blocks)}


def cell(setting, name, row):
    """``95.2 %``, with the mean width; marked where there are few events."""
    counted = row["defined"][name]
    if not counted:
        return "–"
    rate = row["held"][name] / counted
    text = f"{100 * rate:.1f} ({row['width'][name] / counted:.2f})"
    if events(name, *setting[:2]) < FEW:
        return f"{text} few events"
    return f"**{text}**" if name in CLAIMED and not LOW <= rate <= HIGH else text


def section(rows):
    """The table of what is there."""
    there = [setting for setting in SETTINGS if rows.get(key(*setting))]
    if not there:
        return "Not run yet."
    totals = {setting: added(rows[key(*setting)]) for setting in there}
    heads = [f"{n}, {share:.0%}, {'1' if most == 1 else f'1–{most}'}" for n, share, most in there]
    lines = [
        "Coverage in % and, in brackets, mean width. Columns: cases, share of positive ones, cases a patient.",
        "Bold: outside 93 to 97 % where that is claimed.",
        "",
        f"| | {' | '.join(heads)} |",
        f"|---|{'---:|' * len(there)}",
        f"| draws | {' | '.join(str(totals[setting]['draws']) for setting in there)} |",
    ]
    for name in SHOWN:
        cells = [cell(setting, name, totals[setting]) for setting in there]
        label = f"{name} at {ELSEWHERE:.0%}" if name in ("ppv", "npv") else name
        lines.append(f"| {label} | {' | '.join(cells)} |")
    judged = [
        (setting, name)
        for setting in there
        for name in CLAIMED
        if events(name, *setting[:2]) >= FEW and totals[setting]["defined"][name]
    ]
    inside = [
        LOW <= totals[setting]["held"][name] / totals[setting]["defined"][name] <= HIGH for setting, name in judged
    ]
    lines += ["", f"{sum(inside)} of {len(inside)} numbers with 10 events or more hold the claim."]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--block", type=int, default=50)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--work", type=Path, default=Path("bench-work/coverage"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    kept = options.work / f"rows-{options.block}-{options.replicates}.json"
    rows = json.loads(kept.read_text()) if kept.exists() else {}
    true = {share: truths(share) for share in {share for _, share, _ in SETTINGS}}
    ends = time.monotonic() + 60 * options.minutes
    # Every setting gets a block before any gets a second, so that a run that was ended early has a whole table.
    for number in range(math.ceil(options.draws / options.block)):
        for setting in SETTINGS:
            blocks = rows.setdefault(key(*setting), [])
            if len(blocks) <= number and time.monotonic() < ends:
                blocks.append(block_of(setting, number, options, true[setting[1]]))
                kept.write_text(json.dumps(rows))
    text = section(rows)
    print(text)
    replace_section("coverage", text)


if __name__ == "__main__":
    main()
