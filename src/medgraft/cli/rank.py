"""``medgraft rank``: which source suits DATA."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

if TYPE_CHECKING:
    from medgraft.experiment.ranking import RankResult

__all__ = ["rank", "show_rank"]


def rank(
    data: o.DataArgument,
    backbones: Annotated[
        str | None,
        typer.Option("--backbones", metavar="A,B,…", help="NAME or NAME@WEIGHTS (default: all that are here)"),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="folder for rank.json and rank.csv")] = None,
    table: o.TableOption = None,
    path_col: o.PathColOption = None,
    label_col: o.LabelColOption = None,
    patient_col: o.PatientColOption = None,
    site_col: o.SiteColOption = None,
    split_col: o.SplitColOption = None,
    patient_regex: o.PatientRegexOption = None,
    label_map: o.LabelMapOption = None,
    positive: o.PositiveOption = None,
    order: o.OrderOption = None,
    modality: o.ModalityOption = None,
    task: o.TaskOption = None,
    mask_col: o.MaskColOption = None,
    mask_values: o.MaskValuesOption = None,
    seed: o.SeedOption = None,
    device: o.DeviceOption = None,
    config: o.ConfigOption = None,
    sets: o.SetOption = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Try every source that is here on DATA, and say which ones tie.

    Example: medgraft rank cohort
    """
    flags = {
        "search.backbones": o.listed(backbones),
        "seed": seed,
        "device": device,
        **o.cohort_flags(locals()),
    }
    from medgraft.experiment.ranking import rank_data

    terminal = Terminal(json)
    result = rank_data(
        data,
        out=out,
        file=config,
        sets=sets or [],
        flags=flags,
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    show_rank(terminal, result)


def show_rank(terminal: Terminal, result: RankResult) -> None:
    """The table, which ones tie, and what could not be tried."""
    others = [key for key in result.rows[0] if key in ("knn",)]
    heads = ["source", "probe AUROC", "to the best", *others, "ms", "MB", ""]
    rows = []
    for row in result.rows:
        probe, gap = row["probe"], row["to_best"]
        rows.append(
            [
                row["name"],
                f"{probe['value']:.3f} ({probe['low']:.3f}–{probe['high']:.3f})",
                "–" if gap["value"] == 0 else f"{gap['value']:+.3f} ({gap['low']:+.3f} to {gap['high']:+.3f})",
                *[f"{row[key]['value']:.3f}" for key in others],
                f"{1000 * row['seconds_a_picture']:.1f}",
                f"{row['megabytes']:.0f}",
                "ties" if row["ties_with_best"] else "",
            ]
        )
    terminal.table(f"{result.kind}: {result.cases} cases, {result.folds} folds, test cases left out", heads, rows)
    hints = list(result.rows[0]["hints"])
    told = [[row["name"], *[f"{row['hints'][name]:.3f}" for name in hints]] for row in result.rows]
    terminal.table("hints: scores that are computed without trying", ["source", *hints], told)
    for name, reason in result.left_out.items():
        terminal.line(f"  not tried: {name}: {reason}", "yellow")
    terminal.notices(result.warnings)
    tied = result.tied
    if len(tied) == 1:
        terminal.line(f"{tied[0]} is ahead of all others by more than chance", "bold")
    else:
        terminal.line(f"a tie: {', '.join(tied)}; of equals take the smallest or fastest", "bold")
    terminal.result(result.to_json())
