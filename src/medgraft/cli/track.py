"""``medgraft track``: one patient's studies over time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.errors import UsageError

__all__ = ["day_numbers", "track"]


def track(
    run: o.RunArgument,
    studies: Annotated[list[Path], typer.Argument(metavar="STUDY…", help="one patient's studies: files or series")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="folder for follow-up.html, .json and .csv")],
    days: Annotated[
        str | None, typer.Option("--days", metavar="0,90,…", help="day of each study; DICOM says it itself")
    ] = None,
    rule: Annotated[str, typer.Option("--rule", help="of response: recist or volume")] = "recist",
    seed: o.SeedOption = None,
    device: o.DeviceOption = None,
    config: o.ConfigOption = None,
    sets: o.SetOption = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Sizes of one patient's structures over time, their change with its error, and a category of response.

    Example: medgraft track run january april july --out follow-up
    """
    from medgraft.experiment.build import choose_device
    from medgraft.experiment.config import resolve_config
    from medgraft.experiment.outlining import segmenter_of
    from medgraft.experiment.run import require_empty
    from medgraft.experiment.tracking import track_studies
    from medgraft.use.clinical.measurement_error import errors_of_run
    from medgraft.use.clinical.response import rule_named

    rule_named(rule)
    numbers = None if days is None else day_numbers(days)
    settings = resolve_config(config, sets or [], {"seed": seed, "device": device})
    require_empty(out, overwrite=overwrite)
    terminal = Terminal(json)
    result = track_studies(
        studies,
        segmenter_of(run, choose_device(settings.device)),
        out=out,
        days=numbers,
        rule=rule,
        relative_sd=errors_of_run(run),
        progress=terminal.progress,
    )
    content = result.content
    for row in content["overall"]:
        terminal.line(f"day {row['day']}: {row['response']}", "bold")
    for one in content["structures"]:
        heads = ["", "size", "change", "± error", "longest diameter, mm", "parts", "category"]
        terminal.table(one["label"], heads, [_row(row) for row in one["measurements"]])
    for text in content["rule"]["told"]:
        terminal.line(f"  {text}", "dim")
    terminal.notices([*content["notes"], *result.warnings])
    terminal.line(content["statement"], "bold")
    terminal.line(f"page: {result.page}", "bold")
    terminal.result(result.to_json())


def day_numbers(text: str) -> list[int]:
    """``0,90,180`` as whole numbers. Raises ``UsageError``."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--days {text}: whole numbers with commas between are needed, as in --days 0,90") from error


def _row(row: dict[str, Any]) -> list[object]:
    size = next(
        (f"{row[key]:.2f} {unit}" for key, unit in (("volume_ml", "mL"), ("area_mm2", "mm²")) if row[key] is not None),
        f"{row['voxels']} voxels",
    )
    percents = (row["size_change_percent"], row["size_error_percent"])
    change, error = ("–" if value is None else f"{value:.1f} %" for value in percents)
    diameter = "–" if row["diameter_mm"] is None else f"{row['diameter_mm']:.1f}"
    return [f"day {row['day']}", size, change, error, diameter, row["parts"], row["response"]]
