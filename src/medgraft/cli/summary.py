"""The short readable end of ``fit`` and ``evaluate``."""

from __future__ import annotations

from typing import Any

from medgraft.cli.terminal import Terminal

__all__ = ["show_metrics"]

_SHOWN = ("auroc", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "f1", "majority_accuracy")


def show_metrics(terminal: Terminal, metrics: dict[str, Any], parts: list[str]) -> None:
    """One row a metric, one column a part: value and 95 % interval."""
    parts = [part for part in parts if part in metrics]
    heads = [f"{part} (n = {metrics[part]['accuracy']['n']})" for part in parts]
    rows = [[name, *(_cell(metrics[part].get(name)) for part in parts)] for name in _SHOWN]
    terminal.table("", ["", *heads], rows)


def _cell(estimate: dict[str, Any] | None) -> str:
    if not estimate or estimate.get("value") is None:
        return "–"
    if estimate.get("low") is None:
        return f"{estimate['value']:.3f}"
    return f"{estimate['value']:.3f} ({estimate['low']:.3f}–{estimate['high']:.3f})"
