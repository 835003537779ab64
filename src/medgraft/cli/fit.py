"""``medgraft fit``: DATA → run folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.clock import STARTED
from medgraft.cli.summary import show_metrics
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

if TYPE_CHECKING:
    from medgraft.experiment.fitting import FitResult

__all__ = ["fit", "show_fit"]


def fit(
    data: o.DataArgument,
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="folder for the run")],
    backbone: o.BackboneOption = None,
    weights: o.WeightsOption = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy", help="see `medgraft list strategies` (default: attention for volumes, else linear-probe)"
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option("--budget", help="try sources and strategies for this long, as 90s, 15m or 1h, and take the best"),
    ] = None,
    backbones: Annotated[
        str | None,
        typer.Option("--backbones", metavar="A,B,…", help="sources to try in the budget (default: all that are here)"),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option("--compare", metavar="A,B", help="fit beside, to tell what transfer gained: classical, scratch"),
    ] = None,
    with_gallery: Annotated[
        bool, typer.Option("--with-gallery", help="the bundle may hold rows of training cases (knn); keep it private")
    ] = False,
    clinical: Annotated[
        Path | None,
        typer.Option("--clinical", metavar="TABLE", help="age, sex, lab values, … a row a patient: image and table"),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="A,B,…", help="columns whose groups are judged one by one: sex, site")
    ] = None,
    on_leak: o.OnLeakOption = None,
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
    engine: o.EngineOption = None,
    seed: o.SeedOption = None,
    device: o.DeviceOption = None,
    config: o.ConfigOption = None,
    sets: o.SetOption = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """From a folder of labelled images to a tested, reported, usable model.

    Example: medgraft fit cohort --out run
    """
    flags = {
        "backbone.name": backbone,
        "backbone.weights": weights,
        "strategy.kind": strategy,
        "bundle.gallery": with_gallery or None,
        "search.budget": budget,
        "search.backbones": o.listed(backbones),
        "evaluation.compare": o.listed(compare),
        "clinical.file": clinical,
        "evaluation.by": o.listed(by),
        "split.on_leak": on_leak,
        "engine": engine,
        "seed": seed,
        "device": device,
        **o.cohort_flags(locals()),
    }
    from medgraft.experiment.fitting import fit_run

    terminal = Terminal(json)
    result = fit_run(
        data,
        out,
        file=config,
        sets=sets or [],
        flags=flags,
        overwrite=overwrite,
        home=Home.find(home),
        progress=terminal.progress,
        startup=time.perf_counter() - STARTED,
    )
    show_fit(terminal, result)


def show_fit(terminal: Terminal, result: FitResult) -> None:
    """The summary of a fit, or its JSON object."""
    parts = ", ".join(f"{count} {part}" for part, count in result.cases.items() if count)
    terminal.line(f"{result.kind}: {parts}")
    show_metrics(terminal, result.metrics, ["test", "cv", "val"])
    terminal.notices(result.warnings)
    terminal.set_aside(result.quarantined)
    if result.already_done:
        terminal.line(f"done already: {result.run} holds this very run", "green")
    else:
        spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in result.timings.items() if seconds >= 0.05)
        terminal.line(f"{result.decodes} decodes, {result.forward_passes} forward passes; {spent}")
    terminal.line("research use only, not a medical device")
    terminal.line(f"report: {result.run / 'report.html'}", "bold")
    terminal.result(result.to_json())
