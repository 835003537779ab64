"""What training did: losses above, scores below, over epochs or over the strengths of regularisation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.figures.figure import FIGURES, Figure, axis, line, plain
from medgraft.use.report.wording import decimal, humane

__all__ = ["history"]

_STEPS = {"epoch": "Epoch", "step": "Step", "c": "C (inverse strength of regularisation)"}
_SILENT = {"lr", "learning_rate", "seconds", "fold", "repeat", "chosen", "best"}
_MOST_POINTS = 1000


@FIGURES.register("history")
def history(run: Artefacts) -> Figure | None:
    """``history.csv``, whatever strategy wrote it: its step column is ``epoch``, ``step`` or ``C``."""
    table = run.history.head(_MOST_POINTS)
    step = next((str(name) for name in table.columns if str(name).lower() in _STEPS), None)
    if step is None or table.empty:
        return None
    if "label" in table.columns and "log_loss" in table.columns:  # one sweep a label: one line each
        table = table.pivot(index=step, columns="label", values="log_loss").add_prefix("log_loss, ").reset_index()
    columns = [str(name) for name in table.columns if name != step and str(name).lower() not in _SILENT]
    columns = [name for name in columns if pd.api.types.is_numeric_dtype(table[name]) and table[name].notna().any()]
    losses = [name for name in columns if "loss" in name.lower()]
    scores = [name for name in columns if name not in losses and not pd.api.types.is_bool_dtype(table[name])]
    if not losses and not scores:
        return None
    return Figure(
        "Training",
        "Each point is one step of training; the run folder’s history.csv holds the numbers.",
        _alt(table, [*losses, *scores]),
        _lines(table, step, losses, scores),
        _layout(table, step, bool(losses), bool(scores)),
        420 if losses and scores else 340,
    )


def _lines(table: pd.DataFrame, step: str, losses: list[str], scores: list[str]) -> list[dict[str, Any]]:
    """Losses on the upper axis, scores on the lower."""
    both = bool(losses and scores)
    return [
        line(
            table[step],
            table[name],
            plain(humane(name)),
            number,
            mode="lines+markers",
            yaxis="y2" if both and name in losses else "y",
        )
        for number, name in enumerate([*losses, *scores], 1)
    ]


def _layout(table: pd.DataFrame, step: str, losses: bool, scores: bool) -> dict[str, Any]:
    """One panel, or two that share the steps."""
    values = table[step].to_numpy(dtype=np.float64)
    log = step.lower() == "c" and bool((values > 0).all())
    options: dict[str, Any] = {"type": "log", "dtick": 1, "exponentformat": "power"} if log else {}
    layout: dict[str, Any] = {"xaxis": axis(_STEPS[step.lower()], **options)}
    if losses and scores:
        layout["yaxis"] = axis("Score", domain=[0, 0.46])
        layout["yaxis2"] = axis("Loss", domain=[0.56, 1], anchor="x")
    else:
        layout["yaxis"] = axis("Loss" if losses else "Score")
    return layout


def _alt(table: pd.DataFrame, columns: list[str]) -> str:
    """First and last value of every line."""
    told = [
        f"{humane(name)} from {decimal(float(known.iloc[0]))} to {decimal(float(known.iloc[-1]))}"
        for name in columns
        if len(known := table[name].dropna())
    ]
    return f"{len(table)} steps of training: {'; '.join(told)}."
