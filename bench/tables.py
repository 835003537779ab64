"""Draws the rows of ``linear_probe.py`` as tables into ``docs/benchmarks.md``, between its markers."""

import statistics
from pathlib import Path

import numpy as np

from medgraft.measure.paired import accuracy_difference, auroc_difference

CONTESTANTS = {"usual": "usual recipe", "fastai": "fastai, frozen", "medgraft": "medgraft fit, cold cache"}


def section(rows):
    """All tables of the rows that are there."""
    parts = [table_of(rows, backbone, dataset) for backbone in ("lite0", "resnet50") for dataset in ("busi", "cxr_nih")]
    return "\n\n".join(part for part in [*parts, limits(rows)] if part)


def table_of(rows, backbone, dataset):
    """One table: who, wall seconds, how many times medgraft's, AUROC, accuracy, paired differences."""
    ours = rows.get(f"medgraft-{backbone}-{dataset}")
    if ours is None:
        return ""
    note = " (random weights: time only)" if backbone == "resnet50" else ""
    lines = [
        f"### {dataset}, {backbone}{note}",
        "",
        "| | wall, s | at its fastest, s | times ours | machine | AUROC | accuracy | ours − this: AUROC | accuracy |",
        "|---|---:|---:|---:|---:|---:|---:|---|---|",
    ]
    for key, title in CONTESTANTS.items():
        row = rows.get(f"{key}-{backbone}-{dataset}")
        if row is not None:
            speed = "/".join(f"{value:.0f}" for value in row["machine"])
            steady = undisturbed(row)
            numbers = scores(row, ours, key == "medgraft") if backbone == "lite0" else ["", "", "", ""]
            ratio = f"{steady / ours['wall']:.1f}"
            lines.append(f"| {title} | {row['wall']:.1f} | {steady:.1f} | {ratio} | {speed} | {' | '.join(numbers)} |")
    spent = ", ".join(f"{name} {seconds:.1f}" for name, seconds in ours["timings"].items())
    return "\n".join([*lines, "", f"medgraft's seconds: {spent}; {ours['forward_passes']} forward passes."])


def undisturbed(row):
    """The wall time if every epoch had been as fast as the fastest: what counts, so that noise is not in our favour."""
    epochs = row.get("seconds_per_epoch", [])
    return row["wall"] - sum(epochs) + len(epochs) * min(epochs, default=0.0)


def aligned(row, like):
    """Truth (n,) and probabilities (n, k) of ``row`` in the order of ``like``'s cases."""
    place = {path: index for index, path in enumerate(row["path"])}
    order = [place[path] for path in like["path"]]
    chances = np.array(row["probability"], dtype=float)[order]
    chances /= chances.sum(axis=1, keepdims=True)
    truth = np.array([row["classes"].index(row["label"][index]) for index in order])
    return truth, chances, order


def called(row, like):
    """Class indices (n,) that the contestant answers: medgraft's at its threshold, else the most probable."""
    _, chances, order = aligned(row, like)
    if "called" not in row:
        return chances.argmax(1)
    return np.array([row["classes"].index(row["called"][index]) for index in order])


def scores(row, ours, is_ours):
    """AUROC and accuracy of the row, and medgraft's paired difference with its 95 % interval."""
    truth, chances, _ = aligned(row, ours)
    _, mine, _ = aligned(ours, ours)
    groups = np.unique([Path(path).name.split("_")[0] for path in ours["path"]], return_inverse=True)[1]
    groups = groups if len(set(groups.tolist())) > 2 else None
    positive = 1 if len(row["classes"]) == 2 else None
    auroc = auroc_difference(truth, mine, chances, positive=positive, groups=groups)
    accuracy = accuracy_difference(truth, called(ours, ours), called(row, ours), groups=groups)
    cells = [f"{auroc.second:.3f}", f"{accuracy.second:.3f}"]
    if is_ours:
        return [*cells, "", ""]
    return [*cells, interval(auroc), interval(accuracy)]


def interval(difference):
    """``+0.012 (−0.004 to +0.029)``."""
    return f"{difference.difference:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"


def limits(rows):
    """The physical limit and the start-up."""
    lines = []
    if "limit-lite0-busi" in rows:
        row = rows["limit-lite0-busi"]
        pairs = "; ".join(f"{pair['ours']:.1f} / {pair['bare']:.1f} s" for pair in row["pairs"])
        lines.append(f"- `read + embed` / bare loop over the same files: median **{row['ratio']:.2f}** ({pairs})")
        stages = ("audit", "split", "head", "evaluate", "report")
        rest = statistics.median(sum(pair["timings"][stage] for stage in stages) for pair in row["pairs"])
        lines.append(f"- audit + split + head + evaluate + report on `busi`: median **{rest:.1f} s**")
    if "start-lite0-busi" in rows:
        row = rows["start-lite0-busi"]
        lines.append(f"- start-up of `fit` / bare import of the same libraries: median **{row['ratio']:.2f}**")
        lines.append(f"- `medgraft --help` {row['help']:.2f} s, a usage error {row['error']:.2f} s (medians)")
    return "\n".join(["### Limits and start-up", "", *lines]) if lines else ""
