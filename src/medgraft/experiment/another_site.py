"""The public verbs about another site's data, with the names and defaults of the command line (see ``api``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medgraft.experiment.adapt_result import AUTO, AdaptResult
from medgraft.experiment.elsewhere import adapter_of
from medgraft.experiment.flags import data_flags
from medgraft.experiment.shifting import ShiftResult, shift_data
from medgraft.home import Home
from medgraft.progress import Progress

__all__ = ["adapt", "shift"]


def shift(
    source: str | Path,
    target: str | Path,
    out: str | Path | None = None,
    *,
    backbone: str | None = None,
    weights: str | None = None,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    device: str = "auto",
    overwrite: bool = False,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> ShiftResult:
    """Whether ``target`` is different from ``source`` (a run, or data), in what, and whether it matters."""
    flags = {"backbone.name": backbone, "backbone.weights": weights, "seed": seed, "device": device}
    return shift_data(
        Path(source),
        Path(target),
        out=Path(out) if out is not None else None,
        flags=flags | data_flags(options),
        home=Home.find(home),
        progress=progress,
        overwrite=overwrite,
    )


def adapt(
    run: str | Path,
    target: str | Path,
    out: str | Path,
    *,
    method: str = AUTO,
    labels: int = 0,
    with_: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    device: str = "auto",
    overwrite: bool = False,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> AdaptResult:
    """Bring ``run`` to ``target``; learn from ``labels`` labelled cases of it, judge by the others. ``with_``:
    options of a named ``method``."""
    return adapter_of(Path(run))(
        Path(run),
        Path(target),
        Path(out),
        method=method,
        labels=labels,
        options=with_,
        flags={"seed": seed, "device": device} | data_flags(options),
        home=Home.find(home),
        progress=progress,
        overwrite=overwrite,
    )
