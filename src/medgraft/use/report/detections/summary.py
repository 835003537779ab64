"""The first screen of a report of detection: how good, on whom, compared with what, and what that does not mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.measure.detection.operating import AtScore
from medgraft.use.report.detections.run import DetectionRun
from medgraft.use.report.located.measures import measure_of
from medgraft.use.report.located.summary import came_from, doubts, reach, whom
from medgraft.use.report.provenance import Term
from medgraft.use.report.summary import Summary, data_caveats
from medgraft.use.report.wording import clip, counted, decimal, estimate_text, listing, percent, split_name

__all__ = ["box_numbers", "box_use", "summarise_boxes"]


def summarise_boxes(run: DetectionRun, counts: Mapping[str, AtScore]) -> Summary:
    """The summary of the run's main split; ``counts``: what happens at the operating score, by class."""
    split = run.base.main
    precision = run.base.estimate(split, "map50") if split else None
    if split is None or not precision:
        text = "This run has no evaluated images, so nothing can be said about quality."
        return Summary(text, [], [*data_caveats(run.base), *_reach(run)])
    return Summary(_headline(run, split, precision), _sentences(run, split, counts), _caveats(run, precision))


def _headline(run: DetectionRun, split: str, precision: Mapping[str, Any]) -> str:
    what = listing(run.base.labels, most=5, length=30)
    good = f"an mAP50 of {estimate_text(precision)}"
    text = f"On {whom(run.base, split, precision, 'image')} the model finds {what} with {good}"
    if strict := run.base.estimate(split, "map50_95"):
        text += f" and an mAP50:95 of {decimal(strict.get('value'))}"
    return f"{text}; a model that finds nothing would reach 0."


def _sentences(run: DetectionRun, split: str, counts: Mapping[str, AtScore]) -> list[str]:
    """Where the images come from, what happens at the operating score, and how other estimates agree."""
    text = came_from(split)
    boxes, found = (sum(getattr(one, name) for one in counts.values()) for name in ("boxes", "found"))
    if boxes and run.images:
        false = sum(one.false for one in counts.values()) / len(run.images)
        text.append(
            f"At the operating score {decimal(run.score, 2)} it finds {found} of "
            f"{counted(boxes, 'true box', 'true boxes')} ({percent(found / boxes, 0)}) and draws {decimal(false, 2)} "
            "false boxes an image."
        )
    if froc := run.base.estimate(split, "froc"):
        text.append(f"Over 1/8 to 8 false boxes an image it finds on average {estimate_text(froc)} of the true boxes.")
    for name in run.base.splits:
        other = run.base.estimate(name, "map50")
        if other and name != split and (name == "cv" or name.startswith("external:")):
            text.append(f"{split_name(name)} ({counted(other.get('n'), 'image')}): mAP50 {estimate_text(other)}.")
    return text


def _caveats(run: DetectionRun, precision: Mapping[str, Any]) -> list[str]:
    held = {label: sum(len(image.truth.get(label, ())) > 0 for image in run.images) for label in run.base.labels}
    return [*data_caveats(run.base), *doubts(precision, "mAP50", held, 0.0), *_reach(run)]


def _reach(run: DetectionRun) -> list[str]:
    return reach(
        run.base,
        "The truth is one set of drawn boxes: what nobody marked counts as false when it is found. A picture without a "
        "predicted box is not shown to be free of findings.",
    )


def box_numbers(run: DetectionRun, split: str) -> list[Term]:
    """The measures of a split for the model card: over the classes, and mAP50 of each."""
    found = [
        (f"{split_name(split)}: {measure_of(name).title}", estimate_text(entry))
        for name in ("map50", "map50_95", "froc")
        if (entry := run.base.estimate(split, name))
    ]
    each = run.base.metrics.get(split, {}).get("per_class") or {}
    return found + [
        (f"{split_name(split)}: mAP50 of {clip(label, 40)}", estimate_text(each[label]["map50"]))
        for label in run.base.labels
        if len(run.base.labels) > 1 and (each.get(label) or {}).get("map50")
    ]


def box_use(run: DetectionRun) -> list[str]:
    """What the model answers, for the card."""
    kinds = counted(len(run.base.labels), "class", "classes")
    return [
        f"The model draws boxes, each with a score, round things of {kinds}: {listing(run.base.labels, most=20)}.",
        "It may miss what is there: an image without a box must be read as if no model had looked.",
    ]
