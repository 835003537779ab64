"""The contract of a figure: artefacts in, plain plotly JSON and words out.

A figure function takes the ``Artefacts`` and returns a ``Figure``, or ``None`` where the run has nothing to
draw; it registers in ``FIGURES``. ``data`` and ``layout`` are plotly's own JSON as plain dicts. A colour is a
style sheet variable, ``var(--s1)``, or with an opacity ``var(--s1)/0.2``; the page's script puts in the value for
light or dark. ``alt`` tells in words what the picture shows, with its main numbers. Text that comes from the
user goes through ``plain``, because plotly reads a subset of HTML.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.registry import Registry
from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.wording import clip

__all__ = [
    "FIGURES",
    "SERIES",
    "Figure",
    "axis",
    "curve_classes",
    "floats",
    "line",
    "patient_codes",
    "plain",
    "thinned",
]

SERIES = 8
_MOST_CURVES = 8


@dataclass(frozen=True)
class Figure:
    """One drawing. ``height`` is in CSS pixels."""

    title: str
    caption: str
    alt: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    height: int = 380

    def payload(self) -> dict[str, Any]:
        """What the page's script draws."""
        return {"data": self.data, "layout": self.layout}


FIGURES: Registry[Callable[[Artefacts], Figure | None]] = Registry("figure")


def plain(text: Any, length: int = 32) -> str:
    """User's text as one inert line for plotly."""
    return html.escape(clip(text, length), quote=False)


def floats(values: Any, digits: int = 5) -> list[float | None]:
    """Numbers for JSON: rounded, NaN and infinities as null."""
    array = np.asarray(values, dtype=np.float64)
    return [round(float(value), digits) if np.isfinite(value) else None for value in array]


def thinned(x: NDArray[Any], y: NDArray[Any], most: int = 400) -> tuple[NDArray[Any], NDArray[Any]]:
    """At most ``most`` points of a curve, ends kept, spread over its length."""
    if len(x) <= most:
        return x, y
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    wanted = np.searchsorted(length, np.linspace(0, length[-1], most - 2))
    kept = np.unique(np.concatenate([[0], wanted.clip(0, len(x) - 1), [len(x) - 1]]))
    return x[kept], y[kept]


def axis(title: str, **options: Any) -> dict[str, Any]:
    """An axis in the report's style."""
    return {
        "title": {"text": title, "standoff": 10, "font": {"size": 13}},
        "tickfont": {"size": 12},
        "gridcolor": "var(--grid)",
        "linecolor": "var(--rule)",
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        **options,
    }


def line(x: Any, y: Any, name: str, number: int = 1, **options: Any) -> dict[str, Any]:
    """A curve in the colour ``number`` (from 1)."""
    width, dash = (2.2 if number <= SERIES else 1.6), ("solid" if number <= SERIES else "dash")
    return {
        "type": "scatter",
        "mode": "lines",
        "x": floats(x),
        "y": floats(y),
        "name": name,
        "line": {"color": f"var(--s{(number - 1) % SERIES + 1})", "width": width, "dash": dash},
        **options,
    }


def curve_classes(run: Artefacts) -> list[str]:
    """The classes that get a curve: the shown one of two, else the commonest of the main split."""
    if run.binary:
        return [run.shown]
    counts = run.counts(run.of_split(run.main))
    common = sorted(run.labels, key=lambda label: -counts[label])[:_MOST_CURVES]
    return [label for label in run.labels if label in common and counts[label]]


def patient_codes(rows: pd.DataFrame) -> NDArray[np.int64]:
    """A whole number a patient; -1 where the patient is unknown."""
    if "patient_id" not in rows.columns:
        return np.full(len(rows), -1, dtype=np.int64)
    return np.asarray(pd.factorize(rows["patient_id"])[0], dtype=np.int64)
