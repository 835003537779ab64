"""Sentences that the summaries of outlines and of boxes share: on whom, where from, and what was not measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.wording import clip, counted, listing, split_name

__all__ = ["came_from", "doubts", "reach", "whom"]

_WIDE = 0.10
_FEW_CASES, _FEW_PATIENTS = 30, 50


def whom(run: Artefacts, split: str, estimate: Mapping[str, Any], what: str) -> str:
    """``40 test images of 20 patients``."""
    kind = {"test": "test ", "cv": "cross-validated ", "val": "validation "}.get(split, "")
    where = f" from {split_name(split).removeprefix('External: ')}" if split.startswith("external:") else ""
    patients = estimate.get("n_patients")
    of = f" of {counted(patients, 'patient')}" if patients is not None else " (patients unknown)"
    return f"{counted(estimate.get('n'), kind + what)}{of}{where}"


def came_from(split: str) -> list[str]:
    """What part the judged cases took in training."""
    return {
        "test": ["The test cases took no part in training, in choosing settings or in choosing the threshold."],
        "test_without_near_duplicates": ["The test cases took no part in training or in choosing settings."],
        "cv": ["There is no test set: each case was predicted by a model that had not seen its group."],
        "val": ["There is no test set: these cases also chose settings, so the numbers are optimistic."],
    }.get(split, [])


def doubts(estimate: Mapping[str, Any], title: str, counts: Mapping[str, int], trivial: float | None) -> list[str]:
    """What interval and counts say about how far the main number carries. ``counts``: judged cases that hold a class;
    ``trivial``: what the same measure is without looking."""
    text = []
    value, low, high = (estimate.get(name) for name in ("value", "low", "high"))
    if trivial is not None and value is not None and (low if low is not None else value) <= trivial:
        text.append(f"It is not shown that the model is better than one that never looks ({title} {trivial:.3f}).")
    if low is not None and high is not None and high - low > _WIDE:
        text.append(f"The interval is wide: with these cases the {title} may as well be {low:.2f} as {high:.2f}.")
    if value is not None and low is None:
        text.append("No interval can be given: the cases come from one patient, or from one group of equal origin.")
    few = [f"{clip(label, 30)} ({number})" for label, number in counts.items() if number < _FEW_CASES]
    if few:
        text.append(f"Few judged cases hold {listing(few, last='and')}. One case more or less moves the numbers.")
    patients = estimate.get("n_patients")
    if patients is not None and patients < _FEW_PATIENTS:
        text.append(f"Only {counted(patients, 'patient')} stand behind the result.")
    return text


def reach(run: Artefacts, reference: str, elsewhere: str) -> list[str]:
    """Where, for whom and against what nothing was measured; ``elsewhere``: what is to be done before it is used
    there."""
    text = []
    if not any(name.startswith("external:") for name in run.splits):
        sites = run.cohort["site"].nunique()
        where = f"the same {counted(sites, 'site')}" if sites else "the same source"
        text.append(
            f"All cases come from {where}. Another scanner, hospital or population may give other numbers: {elsewhere}."
        )
    return [*text, reference]
