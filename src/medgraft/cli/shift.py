"""``medgraft shift``: whether a target cohort is different, in what, and whether it matters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

if TYPE_CHECKING:
    from medgraft.experiment.shifting import ShiftResult

__all__ = ["shift", "show_shift"]

_MOST_FILES = 5


def shift(
    source: Annotated[Path, typer.Argument(metavar="RUN|DATA", help="run folder, or the source's data")],
    target: Annotated[Path, typer.Option("--target", metavar="DATA", help="the other cohort; needs no labels")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="folder for shift.json and shift.html")
    ] = None,
    backbone: o.BackboneOption = None,
    weights: o.WeightsOption = None,
    table: o.TableOption = None,
    path_col: o.PathColOption = None,
    label_col: o.LabelColOption = None,
    patient_col: o.PatientColOption = None,
    site_col: o.SiteColOption = None,
    split_col: o.SplitColOption = None,
    patient_regex: o.PatientRegexOption = None,
    label_map: o.LabelMapOption = None,
    positive: o.PositiveOption = None,
    modality: o.ModalityOption = None,
    task: o.TaskOption = None,
    mask_col: o.MaskColOption = None,
    mask_values: o.MaskValuesOption = None,
    engine: o.EngineOption = None,
    seed: o.SeedOption = None,
    device: o.DeviceOption = None,
    config: o.ConfigOption = None,
    sets: o.SetOption = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Is another site's data different, in what, and does it matter? Target labels are not looked at.

    Example: medgraft shift run --target other-hospital
    """
    flags = {
        "backbone.name": backbone,
        "backbone.weights": weights,
        "engine": engine,
        "seed": seed,
        "device": device,
        **o.cohort_flags(locals()),
    }
    from medgraft.experiment.shifting import shift_data

    terminal = Terminal(json)
    result = shift_data(
        source,
        target,
        out=out,
        file=config,
        sets=sets or [],
        flags=flags,
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    show_shift(terminal, result)


def show_shift(terminal: Terminal, result: ShiftResult) -> None:
    """The answer, a small table, and which files look least like the source."""
    terminal.line(result.told[0], "bold")
    for text in result.told[1:]:
        terminal.line(text)
    terminal.table("", ["", "value", "p"], _rows(result.content))
    if result.content["shifted"]:
        terminal.line("least like the source:")
        for item in result.content["differing"][:_MOST_FILES]:
            terminal.line(f"  {result.paths[item['case']]}")
    terminal.notices(result.warnings)
    terminal.set_aside(result.set_aside)
    if result.page is not None:
        terminal.line(f"page: {result.page}", "bold")
    terminal.result(result.to_json())


def _rows(content: dict[str, Any]) -> list[list[object]]:
    mmd, told, frechet = content["mmd"], content["classifier"], content["frechet"]
    rows: list[list[object]] = [
        ["different", "yes" if content["shifted"] else "no", f"{content['p_value']:.3f}"],
        ["kernel distance (MMD²)", f"{mmd['squared']:.4f}", f"{mmd['p_value']:.3f}"],
        ["told apart, AUROC", f"{told['auroc']:.3f}", f"{told['p_value']:.3f}"],
        ["proxy A-distance, 0 to 2", f"{content['proxy_a_distance']:.2f}", ""],
        [f"Fréchet distance (within source: {frechet['within_source']:.3f})", f"{frechet['value']:.3f}", ""],
    ]
    accuracy = content["expected_accuracy"]
    if accuracy is not None:
        rows.append(
            ["expected accuracy", f"{accuracy['value']:.3f} ({accuracy['low']:.3f}–{accuracy['high']:.3f})", ""]
        )
    return rows
