"""``medgraft compare``: is one of two runs better, by more than chance?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal

if TYPE_CHECKING:
    from medgraft.experiment.comparing_runs import RunComparison

__all__ = ["compare"]


def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN1", help="run folder that `fit` made")],
    second: Annotated[Path, typer.Argument(metavar="RUN2", help="another one, on the same cases")],
    split: Annotated[str, typer.Option("--split", metavar="SPLIT", help="test, cv, val or external:NAME")] = "test",
    common: Annotated[bool, typer.Option("--common", help="where cases differ, on those that both have")] = False,
    seed: o.SeedOption = None,
    device: o.DeviceOption = None,
    config: o.ConfigOption = None,
    sets: o.SetOption = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Compare two runs on the same cases: paired differences with intervals, and a plain sentence.

    Example: medgraft compare run run-balanced
    """
    from medgraft.experiment.comparing_runs import compare as compare_runs

    terminal = Terminal(json)
    result = compare_runs(first, second, split=split, common=common, seed=seed or 0)
    _show(terminal, result)
    terminal.result(result.to_json())


def _show(terminal: Terminal, result: RunComparison) -> None:
    """Both runs side by side, where they differ, what that says."""
    rows = []
    for name, found in (("AUROC", result.auroc), ("accuracy", result.accuracy)):
        if found is not None:
            low, high = (_signed(found[limit]) for limit in ("low", "high"))
            gap = f"{_signed(found['difference'])} ({low} to {high})"
            rows.append([name, f"{found['first']:.3f}", f"{found['second']:.3f}", gap, found["method"]])
    patients = "" if result.n_patients is None else f" of {result.n_patients} patients"
    heads = ["", result.first, result.second, "difference", ""]
    terminal.table(f"{result.split}: {result.n} cases{patients}", heads, rows)
    counts = result.mcnemar
    terminal.line(
        f"right only in {result.first}: {counts['first_only']} cases, only in {result.second}: "
        f"{counts['second_only']}; p = {counts['p_value']:.3f} ({counts['method']})"
    )
    terminal.notices(result.warnings)
    terminal.line(result.sentence, "bold")


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}".replace("-", "−")
