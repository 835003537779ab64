"""The short readable end of ``fit`` and ``evaluate``."""

from __future__ import annotations

from typing import Any

from medgraft.cli.terminal import Terminal
from medgraft.measure.estimate import FEW_EVENTS

__all__ = ["show_metrics"]

_SHOWN = ("auroc", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "f1", "majority_accuracy")
_OF_GRADES = ("kappa_quadratic", "grade_error")
_OF_A_LABEL = ("auroc", "sensitivity", "specificity")
_OF_OUTLINES = ("dice", "iou", "hd95", "nsd", "volume_error", "map50", "map50_95", "froc")


def show_metrics(terminal: Terminal, metrics: dict[str, Any], parts: list[str]) -> None:
    """One row a metric, one column a part: value and 95 % interval."""
    parts = [part for part in parts if part in metrics]
    if parts and "accuracy" not in metrics[parts[0]]:
        _show_outlines(terminal, metrics, parts)
        return
    heads = [f"{part} (n = {metrics[part]['accuracy']['n']})" for part in parts]
    rows = [
        [name, *(_cell(metrics[part].get(name)) for part in parts)]
        for name in (*_SHOWN, *_OF_GRADES)
        if name in _SHOWN or any(name in metrics[part] for part in parts)
    ]
    terminal.table("", ["", *heads], rows)
    for part in parts[:1]:
        each = metrics[part].get("per_class", {})
        if each and all("accuracy" in one for one in each.values()):  # a label is a task of its own and has all metrics
            heads = [f"{part}: label", "known", "positive", "unknown", *_OF_A_LABEL]
            terminal.table("", heads, [_label(label, one, metrics[part]) for label, one in each.items()])


def _show_outlines(terminal: Terminal, metrics: dict[str, Any], parts: list[str]) -> None:
    """Of what is outlined: over the classes, then the first number of each class."""
    names = [name for name in _OF_OUTLINES if name in metrics[parts[0]]]
    heads = [f"{part} (n = {metrics[part][names[0]]['n']})" for part in parts]
    terminal.table("", ["", *heads], [[name, *(_cell(metrics[part].get(name)) for part in parts)] for name in names])
    each = metrics[parts[0]].get("per_class", {})
    rows = [[label, *(_cell(one.get(name)) for name in names[:3])] for label, one in each.items()]
    terminal.table("", [f"{parts[0]}: class", *names[:3]], rows)


def _label(label: str, one: dict[str, Any], whole: dict[str, Any]) -> list[object]:
    """One row of the labels' table; the metrics of the whole count every case of which something is known."""
    known = one["auroc"]["n"]
    counts = [known, one["sensitivity"]["n"], whole["auroc"]["n"] - known]
    return [label, *counts, *(_cell(one[name]) for name in _OF_A_LABEL)]


def _cell(estimate: dict[str, Any] | None) -> str:
    if not estimate or estimate.get("value") is None:
        return "–"
    if estimate.get("low") is None:
        return f"{estimate['value']:.3f}"
    few = estimate.get("events", FEW_EVENTS) < FEW_EVENTS
    return f"{estimate['value']:.3f} ({estimate['low']:.3f}–{estimate['high']:.3f}{', few events' if few else ''})"
