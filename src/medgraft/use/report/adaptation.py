"""How a run was brought to another site: what was chosen and why, and what it gained beside the source's model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medgraft.use.report.adaptation_map import AdaptationMap, adaptation_map
from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import UNKNOWN, clip, counted, decimal, p_value, percent

__all__ = ["AdaptationView", "adaptation_sentences", "adaptation_view"]

_KEPT = "source-only"
_KINDS = {
    "none": "The target was not found to be different from the source",
    "labels": "The target differs from the source in its mixture of classes",
    "pictures": "The target differs from the source in its pictures",
    "unknown": "The target differs from the source, in its pictures or in its mixture of classes",
}

_JURIES = {
    "labels": ", by target labels that were hidden from it",
    "stand-in": ", by labelled source cases that were changed to look like the target's",
    "consensus": ", by what the methods agree on",
    "none": "",
}
_MEASURES = {"auroc": "AUROC", "accuracy": "accuracy", "dice": "Dice"}
"""What may be told of both models, the chief one first."""


@dataclass(frozen=True)
class AdaptationView:
    """Sentences; then the numbers of both models, and what was tried; then the sites on one map."""

    sentences: list[str]
    tables: list[Table]
    map: AdaptationMap | None = None


def adaptation_view(run: Artefacts) -> AdaptationView | None:
    """``None`` where the run was not adapted."""
    content = run.adaptation
    if not content:
        return None
    tables = [table for table in (_numbers(content), _bought(content), _tried(content)) if table is not None]
    return AdaptationView(adaptation_sentences(content), tables, adaptation_map(content))


def adaptation_sentences(content: Mapping[str, Any]) -> list[str]:
    """Of ``adaptation.json``: what was done and why, what it gained, and whether that was foreseen."""
    shift, guard = content["shift"], content["guard"]
    told = [
        _done(content) if shift is None else f"{_KINDS[shift['kind']]} ({p_value(shift['p_value'])}). {_done(content)}"
    ]
    told += _acquisition(content["acquisition"])
    if guard is not None:
        told.append(_why(guard))
    if content["collapsed"]:
        told.append(f"{content['method']} has probably collapsed: {clip(content['collapsed'], 200)}.")
    told += [*_outlined(content), *_gained(content)]
    if shift is None:
        return told
    if not shift["overlaps"] and not content["learnt_labels"] and (guard is None or guard["jury"] != "stand-in"):
        told.append(
            "The pictures of the two sites hardly overlap: without labels from there nothing tells whether a model is "
            "right. Label some dozen of the target's cases and adapt with --labels."
        )
    return told


def _done(content: Mapping[str, Any]) -> str:
    learnt = content["learnt_labels"]
    means = f", with the labels of {counted(learnt, 'target case')}" if learnt else ", without target labels"
    if content["method"] == _KEPT:
        return f"The source's model is kept as it is{means if learnt else ''}."
    return f"It was adapted by {content['method']}{means}."


def _acquisition(found: Mapping[str, Any] | None) -> list[str]:
    """What was found to lie between the sites."""
    if found is None:
        return []
    if not found["steps"]:
        return ["No change of how pictures were taken makes those of the source look like those of the target."]
    steps, share = " then ".join(found["steps"]), percent(found["explained"])
    return [f"The source's pictures look most like the target's after {steps}: that explains {share} of what differs."]


def _why(guard: Mapping[str, Any]) -> str:
    considered = guard["considered"]
    if considered == _KEPT:
        return f"The guard kept it: {clip(guard['reason'], 200)}."
    verb = "kept the source's model" if guard["chosen"] == _KEPT else "is for adapting"
    judged = _JURIES[guard["jury"]]
    return (
        f"The guard {verb}: it considered {considered}, and is {percent(guard['sureness'])} sure that it is better "
        f"than the source's model{judged} ({clip(guard['reason'], 200)})."
    )


def _outlined(content: Mapping[str, Any]) -> list[str]:
    """How much of the pictures is outlined, where outlines are the answer."""
    shares = content.get("shares")
    if not shares:
        return []
    now, before, source = (
        None if shares[name] is None else sum(shares[name].values()) for name in ("after", "before", "source")
    )
    text = f"The source's model outlines {percent(before)} of the target's pixels"
    text += "" if source is None else f" ({percent(source)} at its own site)"
    return [f"{text}." if content["method"] == _KEPT else f"{text}, the adapted one {percent(now)}."]


def _gained(content: Mapping[str, Any]) -> list[str]:
    result = content["result"]
    if result is None:
        return ["No labelled case of the target was left to judge by: what it gained is not known."]
    told, chief = list[str](), next(key for key in _MEASURES if key in result)
    gap, name = result[chief], _MEASURES[chief]
    if content["method"] != _KEPT:
        span = f"{decimal(gap['low'])} to {decimal(gap['high'])}"
        verdict = "better" if gap["low"] > 0 else "worse" if gap["high"] < 0 else "no difference beyond chance"
        told.append(
            f"On {counted(content['judged'], 'labelled target case')}, {name} is {decimal(gap['first'])}, that of the "
            f"source's model {decimal(gap['second'])}: {verdict} (difference {decimal(gap['difference'])}, {span})."
        )
    else:
        told.append(
            f"On {counted(content['judged'], 'labelled target case')}, {name} of the source's model is "
            f"{decimal(gap['second'])}."
        )
    if chief == "accuracy":
        told.append("These labels are all of one class: whether cases are in the right order cannot be judged by them.")
    seen = content.get("hindsight")
    if seen is not None:
        gap = seen["difference"]
        word = "right" if seen["right"] else "wrong"
        doubt = "" if seen["beyond_chance"] else ", though by no more than chance explains"
        told.append(
            f"In hindsight the guard was {word} about {seen['considered']}{doubt}: it differs by "
            f"{decimal(gap['value'])} ({decimal(gap['low'])} to {decimal(gap['high'])}) from the source's model."
        )
    return told


def _numbers(content: Mapping[str, Any]) -> Table | None:
    result = content["result"]
    if result is None:
        return None
    rows = [
        Row(
            title,
            [
                Cell(decimal(gap["second"])),
                Cell(decimal(gap["first"])),
                Cell(decimal(gap["difference"]), f"{decimal(gap['low'])} to {decimal(gap['high'])}"),
            ],
        )
        for title, gap in _differences(result)
    ]
    called = "" if "dice" in result else "; both models call the most probable class"
    note = (
        f"On {counted(content['judged'], 'labelled target case')}, whose labels were not learnt from{called}. "
        "95 % intervals of the paired difference, over patients where they are known."
    )
    return Table(
        "Beside the source's model", "", [Cell("Source's model"), Cell("Adapted"), Cell("Difference")], rows, note
    )


def _differences(result: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """(title, difference): over all classes, then of each where there are several."""
    found = [(name[:1].upper() + name[1:], result[key]) for key, name in _MEASURES.items() if key in result]
    each = result.get("per_class") or {}
    return found + [(f"Dice of {clip(label, 40)}", gap) for label, gap in each.items() if len(each) > 1]


def _bought(content: Mapping[str, Any]) -> Table | None:
    """How many labels buy what."""
    curve = content["label_curve"]
    if not curve:
        return None
    rows = [
        Row(
            counted(point["labels"], "label"),
            [
                Cell(decimal(point["auroc"]["first"])),
                Cell(
                    decimal(point["auroc"]["difference"]),
                    f"{decimal(point['auroc']['low'])} to {decimal(point['auroc']['high'])}",
                ),
            ],
        )
        for point in curve
    ]
    note = (
        f"AUROC of {content['method']} with parts of the labelled cases, each part within the next, on the same "
        f"{counted(content['judged'], 'case')}; 95 % intervals of the paired difference to the source's model."
    )
    return Table("What labels of the target buy", "", [Cell("Adapted"), Cell("Difference")], rows, note)


def _tried(content: Mapping[str, Any]) -> Table | None:
    guard = content["guard"]
    if guard is None or not guard["candidates"]:
        return None
    names = list(dict.fromkeys(name for item in guard["candidates"] for name in item["scores"]))
    rows = [
        Row(
            item["name"],
            [
                *(Cell(UNKNOWN if item["scores"][name] is None else decimal(item["scores"][name])) for name in names),
                Cell(f"{item['seconds']:.1f} s"),
            ],
            clip(item["collapsed"], 120) if item["collapsed"] else "",
            strong=item["name"] == guard["chosen"],
        )
        for item in guard["candidates"]
    ]
    note = (
        "Scores without the labels that judge, means over draws of patients; higher is better, and none of them is "
        "always right. iwcv and dev are of the source's labels, over all cases at once, for methods that can answer a "
        "case without its label, and only where source cases look like the target's; they do not vote. Bold: what is "
        "used."
    )
    return Table("What was tried", "Method", [*(Cell(name) for name in names), Cell("Time")], rows, note)
