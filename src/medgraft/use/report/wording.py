"""How numbers, splits and metrics are worded for a reader: the only place that knows.

Pure text, no markup: the templates escape. A proportion is shown with three decimals or as per cent with
one; an unknown value is an en dash, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from medgraft.measure.estimate import FEW_EVENTS

__all__ = [
    "METRICS",
    "UNKNOWN",
    "clip",
    "count",
    "counted",
    "decimal",
    "estimate_text",
    "few_events",
    "humane",
    "interval",
    "listing",
    "p_value",
    "percent",
    "seconds",
    "split_name",
]

UNKNOWN = "–"

METRICS: dict[str, tuple[str, str]] = {
    "auroc": ("AUROC", "chance that a case of the class scores above one that is not; 0.5 is guessing"),
    "auprc": ("AUPRC", "average precision over all thresholds"),
    "accuracy": ("Accuracy", "share of cases that are right"),
    "majority_accuracy": ("Always the commonest class", "accuracy of a model that never looks"),
    "balanced_accuracy": ("Balanced accuracy", "mean of the classes' sensitivities"),
    "sensitivity": ("Sensitivity", "share of the cases of the class that are found"),
    "specificity": ("Specificity", "share of the other cases that are left alone"),
    "precision": ("Precision", "share of the calls that are right"),
    "f1": ("F1", "harmonic mean of precision and sensitivity"),
    "kappa": ("Cohen’s κ", "agreement beyond chance; 0 is chance"),
    "kappa_quadratic": ("Quadratic κ", "agreement on grades; a miss costs its distance squared"),
    "grade_error": ("Mean grade error", "mean distance between called and true grade, in grades; lower is better"),
    "mcc": ("MCC", "correlation of answer and truth; 0 is chance"),
    "brier": ("Brier score", "squared error of the probabilities; lower is better"),
    "ece": ("Calibration error", "gap between stated and true probability; lower is better"),
}
"""Metric names of ``metrics.json`` in the order of the report: title and meaning."""

_SPLITS = {
    "test": "Test",
    "cv": "Cross-validation",
    "val": "Validation",
    "train": "Training",
    "test_without_near_duplicates": "Test without near duplicates",
}


def _number(value: Any) -> float | None:
    """A finite float, or ``None`` for whatever is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def decimal(value: Any, digits: int = 3) -> str:
    """``0.912``, with a true minus sign; unknown is a dash."""
    number = _number(value)
    return UNKNOWN if number is None else f"{number:.{digits}f}".replace("-", "−")


def p_value(value: float) -> str:
    """``p = 0.034``, or ``p < 0.001``."""
    return "p < 0.001" if value < 0.001 else f"p = {decimal(value)}"


def percent(value: Any, digits: int = 1) -> str:
    """A proportion in [0, 1] as ``84.6 %``."""
    number = _number(value)
    return UNKNOWN if number is None else f"{100 * number:.{digits}f} %"


def count(value: Any) -> str:
    """An integer with thin groups: ``12 345``."""
    number = _number(value)
    return UNKNOWN if number is None else f"{round(number):,}".replace(",", "\u202f")


def counted(value: Any, singular: str, plural: str = "") -> str:
    """``1 case``, ``2 cases``."""
    return f"{count(value)} {singular if value == 1 else plural or singular + 's'}"


def interval(estimate: Mapping[str, Any] | None) -> str:
    """``0.861 to 0.948`` of an estimate of ``metrics.json``, marked where it rests on few events; empty where there is
    none."""
    low, high = _number((estimate or {}).get("low")), _number((estimate or {}).get("high"))
    if low is None or high is None:
        return ""
    return f"{decimal(low)} to {decimal(high)}{few_events(estimate)}"


def few_events(estimate: Mapping[str, Any] | None) -> str:
    """``, few events`` of an estimate that rests on too few for its interval to be relied on; else nothing."""
    events = _number((estimate or {}).get("events"))
    return ", few events" if events is not None and events < FEW_EVENTS else ""


def estimate_text(estimate: Mapping[str, Any] | None) -> str:
    """``0.912 (95 % interval 0.861 to 0.948)``."""
    span = interval(estimate)
    value = decimal((estimate or {}).get("value"))
    return f"{value} (95 % interval {span})" if span else value


def seconds(value: Any) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``."""
    number = _number(value)
    if number is None:
        return UNKNOWN
    if number < 10:
        return f"{number:.1f} s"
    if number < 120:
        return f"{number:.0f} s"
    return f"{int(number // 60)} min {int(number % 60)} s"


def split_name(split: str) -> str:
    """``Test``, ``Cross-validation``, ``External: clinic b``."""
    if split.startswith("external:"):
        return f"External: {clip(split.removeprefix('external:'), 60)}"
    return _SPLITS.get(split, clip(split, 60))


def clip(text: Any, length: int = 40) -> str:
    """One line of at most ``length`` characters; a cut is shown by an ellipsis."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def listing(items: Iterable[Any], most: int = 6, length: int = 40, last: str = "and") -> str:
    """``a, b and c``; what is beyond ``most`` is counted."""
    words = [clip(item, length) for item in items]
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def humane(name: str) -> str:
    """``uses-small-range`` or ``weight_decay`` as words."""
    return name.replace("-", " ").replace("_", " ").strip()
