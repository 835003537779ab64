"""How measures of outlines and of boxes are worded: title, meaning, unit and rounding. The only place that knows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.wording import UNKNOWN, decimal, humane

__all__ = ["Measure", "between", "estimate_words", "measure_of", "measured", "spread", "three_digits", "unit_of"]


@dataclass(frozen=True)
class Measure:
    """``unit`` stands behind a number; ``length`` says that the unit is that of the run, mm or pixels."""

    title: str
    hint: str
    unit: str = ""
    length: bool = False


_MEASURES = {
    "dice": Measure("Dice", "twice the common part over both outlines; 1 is perfect"),
    "iou": Measure("IoU", "the common part over what either outline holds; 1 is perfect"),
    "nsd": Measure("Surface within tolerance", "share of both surfaces that run close enough to each other (NSD)"),
    "hd95": Measure("HD95", "how far the outlines run apart, without the worst 5 %; lower is better", length=True),
    "volume_error": Measure("Volume error", "how much the volume is off, whatever the direction", "mL"),
    "volume_bias": Measure("Volume bias", "predicted less true volume; 0 is best", "mL"),
    "volume_error_percent": Measure("Size error", "how much the size is off, of the true size", "%"),
    "lesion_sensitivity": Measure("Lesions found", "share of the separate true parts that are found"),
    "false_lesions": Measure("False lesions", "predicted parts a case that touch no true one"),
    "map50": Measure("mAP50", "average precision, a box counting as found from an overlap of 0.5; 1 is perfect"),
    "map50_95": Measure("mAP50:95", "the same, mean over overlaps from 0.5 to 0.95"),
    "froc": Measure("FROC", "mean of the sensitivities at 1/8 to 8 false boxes an image"),
}
_GAP = "\u00a0"
"""No line ends between a number and its unit."""
_POINT = "sensitivity_at_"


def measure_of(name: str) -> Measure:
    """The wording of a measure of ``metrics.json``, also of one that is not known here."""
    if name in _MEASURES:
        return _MEASURES[name]
    if name.startswith(_POINT):
        limit = name.removeprefix(_POINT).replace("_", ".", 1)
        return Measure(f"Sensitivity at {limit}", f"share of the true boxes found with {limit} false boxes an image")
    return Measure(humane(name).capitalize(), "")


def unit_of(run: Artefacts, measure: Measure) -> str:
    """``mm``, ``pixels``, ``mL``, ``%`` or nothing."""
    if not measure.length:
        return measure.unit
    return "pixels" if run.metrics.get("_meta", {}).get("unit") == "pixels" else "mm"


def measured(value: Any, unit: str = "") -> str:
    """A number without unit with three decimals, one with unit with three digits: ``0.873``, ``3.42 mm``."""
    if not unit:
        return decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return UNKNOWN
    return f"{three_digits(float(value))}{_GAP}{unit}"


def three_digits(value: float, like: float | None = None) -> str:
    """``0.0312``, ``3.42``, ``128``: three digits or more, at most five decimals; as many decimals as ``like`` has."""
    largest = abs(value if like is None else like)
    return "0" if value == 0 else decimal(value, min(5, max(0, 2 - math.floor(math.log10(largest)))) if largest else 3)


def between(low: Any, high: Any, unit: str = "") -> str:
    """``0.861 to 0.948``, ``−0.120 to 0.031 mL``; empty where an end is unknown."""
    if UNKNOWN in (measured(low, unit), measured(high, unit)):
        return ""
    if not unit:
        return f"{decimal(low)} to {decimal(high)}"
    like = max(abs(low), abs(high))
    return f"{three_digits(low, like)} to {three_digits(high, like)}{_GAP}{unit}"


def spread(estimate: Mapping[str, Any] | None, unit: str = "") -> str:
    """The interval of an estimate; empty where there is none."""
    return between((estimate or {}).get("low"), (estimate or {}).get("high"), unit)


def estimate_words(run: Artefacts, name: str, estimate: Mapping[str, Any]) -> str:
    """``3.42 mm (95 % interval 2.9 to 4.1 mm)``."""
    unit = unit_of(run, measure_of(name))
    span = spread(estimate, unit)
    value = measured(estimate.get("value"), unit)
    return f"{value} (95{_GAP}% interval {span})" if span else value
