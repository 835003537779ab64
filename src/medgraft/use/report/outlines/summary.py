"""The first screen of a report of outlines: how good, on whom, compared with what, and what that does not mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from medgraft.use.report.located.measures import estimate_words, measure_of
from medgraft.use.report.located.summary import came_from, doubts, reach, whom
from medgraft.use.report.outlines.run import OutlineRun
from medgraft.use.report.provenance import Term
from medgraft.use.report.summary import Summary, data_caveats
from medgraft.use.report.wording import clip, counted, decimal, listing, split_name

__all__ = ["outline_numbers", "outline_use", "summarise_outlines"]

_FAILED = 0.5
_GOOD = 0.7
"""Source: Zijdenbos et al., IEEE Trans Med Imaging 1994;13:716-724."""


def summarise_outlines(run: OutlineRun) -> Summary:
    """The summary of the run's main split."""
    split = run.base.main
    dice = run.base.estimate(split, "dice") if split else None
    if split is None or not dice:
        text = "This run has no evaluated cases, so nothing can be said about quality."
        return Summary(text, [], [*data_caveats(run.base), *_reach(run)])
    return Summary(_headline(run, split, dice), _sentences(run, split), _caveats(run, split, dice))


def _headline(run: OutlineRun, split: str, dice: Mapping[str, Any]) -> str:
    """How good, on whom, compared with what: one sentence."""
    what = listing(run.base.labels, most=5, length=30)
    good = f"a mean Dice of {estimate_words(run.base, 'dice', dice)}"
    text = f"On {whom(run.base, split, dice, 'case')} the model outlines {what} with {good}"
    mean_mask = (run.base.estimate(split, "mean_mask_dice") or {}).get("value")
    baselines = []
    if (nothing := run.trivial(split)) is not None:
        baselines.append(f"drawing nothing would reach {decimal(nothing)}")
    if mean_mask is not None:
        baselines.append(f"drawing the mean outline of the training cases {decimal(mean_mask)}")
    return f"{text}; {' and '.join(baselines)}." if baselines else f"{text}."


def _sentences(run: OutlineRun, split: str) -> list[str]:
    """Where the cases come from, how far surfaces and sizes are off, how the worst cases fare, how others agree."""
    text = came_from(split)
    told = [
        f"{_inside(measure_of(name).title)} {estimate_words(run.base, name, entry)}"
        for name in ("hd95", "volume_error", "volume_error_percent", "lesion_sensitivity")
        if (entry := run.base.estimate(split, name)) and entry.get("value") is not None
    ]
    if told:
        text.append(f"Besides: {listing(told[:2], length=120)}.")
    cases = run.judged.groupby("case_id")["dice"].mean().dropna()
    if len(cases) >= 10:
        failed = int((cases < _FAILED).sum())
        text.append(
            f"One case in ten has a Dice below {decimal(float(np.quantile(cases, 0.1)), 2)}; the worst has "
            f"{decimal(float(cases.min()), 2)}, and {counted(failed, 'case')} of {len(cases)} stay below {_FAILED}."
        )
    for name in run.base.splits:
        other = run.base.estimate(name, "dice")
        if other and name != split and (name == "cv" or name.startswith("external:")):
            value = estimate_words(run.base, "dice", other)
            text.append(f"{split_name(name)} ({counted(other.get('n'), 'case')}): Dice {value}.")
    return text


def _inside(title: str) -> str:
    """A title in the middle of a sentence; an abbreviation stays as it is."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _caveats(run: OutlineRun, split: str, dice: Mapping[str, Any]) -> list[str]:
    """What the numbers do not mean, the gravest first."""
    rows = run.judged
    held = rows[rows["volume_true"] > 0].groupby("label")["case_id"].nunique()
    counts = {label: int(held.get(label, 0)) for label in run.base.labels}
    trivial = [run.trivial(split), (run.base.estimate(split, "mean_mask_dice") or {}).get("value")]
    beaten = max((one for one in trivial if one is not None), default=None)
    return [*data_caveats(run.base), *_poor(dice), *doubts(dice, "Dice", counts, beaten), *_spacing(run), *_reach(run)]


def _poor(dice: Mapping[str, Any]) -> list[str]:
    value = dice.get("value")
    if value is None or value >= _GOOD:
        return []
    return [f"The agreement is poor: a Dice of {_GOOD} is commonly taken for the least that is good. Do not use it."]


def _spacing(run: OutlineRun) -> list[str]:
    if run.meta.get("spacing_known", True):
        return []
    return [
        "The size of a pixel is unknown: distances and sizes are in pixels and cannot be compared between scanners."
    ]


def _reach(run: OutlineRun) -> list[str]:
    return reach(
        run.base,
        "The truth is one drawn reference. How far two people would differ on these cases is not known here; an "
        "outline that is to be used must be looked at and corrected by a person.",
        "measure there with “medgraft evaluate”",
    )


def outline_numbers(run: OutlineRun, split: str) -> list[Term]:
    """The measures of a split for the model card: of all classes, and Dice of each."""
    found = [
        (f"{split_name(split)}: {measure_of(name).title}", estimate_words(run.base, name, entry))
        for name in ("dice", "iou", "nsd", "hd95", "volume_error", "lesion_sensitivity")
        if (entry := run.base.estimate(split, name)) and entry.get("value") is not None
    ]
    each = run.base.metrics.get(split, {}).get("per_class") or {}
    return found + [
        (f"{split_name(split)}: Dice of {clip(label, 40)}", estimate_words(run.base, "dice", each[label]["dice"]))
        for label in run.base.labels
        if len(run.base.labels) > 1 and (each.get(label) or {}).get("dice")
    ]


def outline_use(run: OutlineRun) -> list[str]:
    """What the model answers, for the card."""
    classes = counted(len(run.base.labels), "structure")
    return [
        f"The model draws the outline of {classes} in an image or a volume: {listing(run.base.labels, most=20)}.",
        "Every outline must be looked at and, where needed, corrected by a qualified person.",
    ]
