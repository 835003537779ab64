"""What ``shift.json`` says, in sentences: is it different, in what, does it matter. Pure text; who draws it escapes.

Where pictures are of another kind altogether, no estimate without labels is passed on as if it could be trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.use.report.wording import clip, counted, decimal, listing, percent

__all__ = ["shift_sentences"]

_MOST_ASPECTS = 4
_FEW = 0.05
"""A difference of a class's share below this is not worth naming."""


def shift_sentences(content: Mapping[str, Any]) -> list[str]:
    """The answer first, then what it rests on and what should not be believed."""
    told = [_answer(content)]
    if content["kind"] in ("pictures", "unknown"):
        told += _named(content)
    told += _classes(content)
    told += _accuracy(content)
    return told


def _answer(content: Mapping[str, Any]) -> str:
    source, target = clip(content["source"]["name"]), clip(content["target"]["name"])
    p, apart = _p(content["p_value"]), percent(content["classifier"]["auroc"], 0)
    kind = content["kind"]
    if kind == "none":
        return (
            f"{target} cannot be told from {source} beyond chance ({p}). A difference smaller than "
            f"{counted(content['target']['looked_at'], 'case')} can show may be there."
        )
    if kind == "labels":
        return f"{target} differs from {source} in its mixture of classes, which explains the whole difference ({p})."
    if kind == "pictures":
        return (
            f"{target} differs from {source} in its pictures ({p}): shown a case of each, a classifier tells which is "
            f"which in {apart} (50 % is guessing)."
        )
    return (
        f"{target} differs from {source} ({p}): shown a case of each, a classifier tells which is which in {apart} "
        "(50 % is guessing). Whether it is the pictures or the mixture of classes cannot be told."
    )


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {decimal(value)}"


def _named(content: Mapping[str, Any]) -> list[str]:
    """Plain numbers of the pictures that differ clearly."""
    clear = [one for one in content["aspects"] if one["clear"]][:_MOST_ASPECTS]
    if not clear:
        return ["No plain number of the pictures (brightness, contrast, sharpness, size) explains it."]
    words = [
        f"{one['name']} is {'higher' if one['chance_higher'] > 0.5 else 'lower'} "
        f"({_plain(one['target'])} against {_plain(one['source'])})"
        for one in clear
    ]
    return [f"In the target, {listing(words, most=_MOST_ASPECTS, length=90)} (medians)."]


def _plain(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2g}"


def _classes(content: Mapping[str, Any]) -> list[str]:
    """Shares of classes, where they differ."""
    found = content["label_shift"]
    if found is None or not found["differs"] or content["kind"] == "none":
        return []
    moved = [one for one in found["shares"] if abs(one["em"]["value"] - one["source"]) >= _FEW]
    words = [
        f"{clip(one['label'])} {percent(one['em']['value'], 0)} ({percent(one['em']['low'], 0)} to "
        f"{percent(one['em']['high'], 0)}) in place of {percent(one['source'], 0)}"
        for one in sorted(moved, key=lambda one: -abs(one["em"]["value"] - one["source"]))
    ]
    if not words:
        return []
    told = f"Estimated mixture of classes: {listing(words, most=4, length=120)}."
    if content["kind"] != "labels":
        told += " That rests on pictures of a class looking alike at both, which does not hold here."
    return [told]


def _accuracy(content: Mapping[str, Any]) -> list[str]:
    """What accuracy to expect, and how far to believe it."""
    found = content["expected_accuracy"]
    if found is None:
        return []
    target, drop = clip(content["target"]["name"]), found["drop"]
    said = f"Expected accuracy on {target}: {_span(found)}; measured on the source: {_span(found['source'])}."
    if not content["overlaps"]:
        said += (
            " Do not believe it: the pictures of the two hardly overlap, and a model can be sure and wrong on such. "
            "Label some of the target's cases before it is used there."
        )
    elif not found["trusted"]:
        other = decimal(found["by_confidence"]["value"], 2)
        said += (
            f" A second opinion, by the mean confidence, is {other}: the two part, so trust neither; label some of the "
            "target's cases."
        )
    elif drop["low"] > 0:
        said += " It matters: the loss is beyond chance."
    elif content["shifted"]:
        said += " No loss beyond chance is expected."
    return [said]


def _span(estimate: Mapping[str, Any]) -> str:
    return f"{decimal(estimate['value'], 2)} ({decimal(estimate['low'], 2)} to {decimal(estimate['high'], 2)})"
