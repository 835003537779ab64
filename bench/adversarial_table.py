"""The tables of ``adversarial.py`` and what is checked under them, from its rows alone.

A row of ``rows`` is one network, by ``MODEL-SEED``: ``clean`` (n,) and by attack ``right`` (epsilons, n), 1 where the
case is answered rightly. Numbers are means over seeds; intervals draw cases, each with all its seeds together.
"""

import numpy as np

from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.intervals.ranged import ranged_interval
from medgraft.measure.patients import Patients

WORDS = {"fgsm": "FGSM", "pgd": "PGD-20", "apgd": "APGD-100", "square": "Square", "independent": "independent APGD"}
OURS = ("fgsm", "pgd", "apgd", "square")
REPLICATES = 2000
HALF_POINT, POINT = 0.005, 0.01
ROUNDING = 1e-9


def share(right):
    """``0.81 (0.75–0.87)`` of who is right, (seeds, n)."""
    each = np.mean(right, axis=0)
    patients = Patients.of(None, len(each))
    drawn = [each @ weights / weights.sum(axis=0) for weights in case_weights(patients, REPLICATES, seed=0)]
    low, high = ranged_interval(each.mean(), np.concatenate(drawn), (0.0, 1.0), len(each))
    return f"{each.mean():.3f} ({low:.3f}–{high:.3f})"


def by_model(rows, models):
    """Model → its rows over seeds; only what has been attacked."""
    grouped = {model: [row for name, row in rows.items() if name.split("-")[0] == model] for model in models}
    return {model: [row for row in some if "clean" in row] for model, some in grouped.items()}


def rights(some, attack):
    """(seeds, epsilons, n) of the networks that the attack was tried on."""
    found = [row["right"][attack] for row in some if attack in row["right"]]
    return np.array(found) if found else None


def of_networks(grouped):
    """How each network does as it is, and what it took."""
    lines = ["| trained | seeds | accuracy | AUROC | minutes of training | minutes of attacks |"]
    lines.append("|---|---:|---|---:|---:|---:|")
    for model, some in grouped.items():
        auroc, minutes = (np.mean([row[name] for row in some]) for name in ("auroc", "training_minutes"))
        spent = np.mean([sum(row["minutes"].values()) for row in some])
        clean = share([row["clean"] for row in some])
        lines.append(f"| {model} | {len(some)} | {clean} | {auroc:.3f} | {minutes:.1f} | {spent:.1f} |")
    return "\n".join(lines)


def of_attacks(grouped, epsilons):
    """Robust accuracy of each network at each epsilon under each attack."""
    names = [name for name in WORDS if any(rights(some, name) is not None for some in grouped.values())]
    head = ["trained", "ε", *(WORDS[name] for name in names)]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for model, some in grouped.items():
        for place, epsilon in enumerate(epsilons):
            found = [rights(some, name) for name in names]
            cells = ["not run" if right is None else share(right[:, place]) for right in found]
            lines.append(f"| {model} | {round(epsilon * 255)}/255 | {' | '.join(cells)} |")
    return "\n".join(lines)


def gaps(grouped, first, second):
    """First minus second, of each network and epsilon, over the seeds that have both."""
    found = []
    for some in grouped.values():
        both = [row["right"] for row in some if first in row["right"] and second in row["right"]]
        if both:
            one, other = (np.array([right[name] for right in both]).mean(axis=(0, 2)) for name in (first, second))
            found += list(one - other)
    return np.array(found)


def verdict(held):
    """Of rows."""
    return f"holds in all {len(held)} rows" if held.all() else f"**fails in {int((~held).sum())} of {len(held)} rows**"


def checks(grouped):
    """What has to hold, and whether it does."""
    lines = []
    ours = gaps(grouped, "apgd", "pgd")
    if len(ours):
        held = verdict(ours <= HALF_POINT + ROUNDING)
        lines.append(
            f"- APGD-100 at most half a point above PGD-20: {held}; the largest difference is "
            f"{100 * ours.max():+.2f} points."
        )
    other = gaps(grouped, "apgd", "independent")
    if len(other):
        held = verdict(np.abs(other) <= POINT + ROUNDING)
        lines.append(
            f"- APGD-100 within one point of the independent one: {held}; from "
            f"{100 * other.min():+.2f} to {100 * other.max():+.2f} points."
        )
    else:
        lines.append("- Ours and the independent APGD were not both run: nothing to compare (is torchattacks there?).")
    masked, cases = fooled_blindly(grouped)
    if cases:
        lines.append(
            f"- Square, which follows no gradient, fooled {masked} of {cases} cases (networks × epsilons) that no "
            "attack by gradients did: many would mean that gradients mislead."
        )
    return "\n".join(lines)


def fooled_blindly(grouped):
    """How many fell to Square alone, of how many."""
    masked, cases = 0, 0
    for row in (row for some in grouped.values() for row in some if set(OURS) <= row["right"].keys()):
        right = {name: np.array(row["right"][name], bool) for name in OURS}
        seen = right["fgsm"] & right["pgd"] & right["apgd"]
        masked += int((seen & ~right["square"]).sum())
        cases += seen.size
    return masked, cases


def section(rows, epsilons, options):
    """The part of ``docs/benchmarks.md``."""
    grouped = {model: some for model, some in by_model(rows, options.models).items() if some}
    if not grouped:
        return "Not run yet."
    n = len(next(iter(grouped.values()))[0]["clean"])
    majority = next(iter(grouped.values()))[0]["majority_accuracy"]
    told = (
        f"{options.epochs} epochs, trained within ε = {options.epsilon:g}/255; {n} test cases, of which always saying "
        f"the more frequent class gets {majority:.3f} right.\nMeans over seeds; 95 % intervals over cases."
    )
    return "\n\n".join([told, of_networks(grouped), of_attacks(grouped, epsilons), checks(grouped)])
