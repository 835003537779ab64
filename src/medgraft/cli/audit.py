"""``medgraft audit``: what is wrong with DATA."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

__all__ = ["audit"]

_REFUSED = 3


def audit(
    data: o.DataArgument,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="folder for audit.json and audit.html")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="exit with 3 where something serious was found")] = False,
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
    """Leaks, duplicates, shortcuts, identifying entries, unreadable files: before anything is trained.

    Example: medgraft audit cohort --out audit
    """
    flags = {
        "backbone.name": backbone,
        "backbone.weights": weights,
        "engine": engine,
        "seed": seed,
        "device": device,
        **o.cohort_flags(locals()),
    }
    from medgraft.experiment.auditing import audit_data

    terminal = Terminal(json)
    result = audit_data(
        data,
        out=out,
        file=config,
        sets=sets or [],
        flags=flags,
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    terminal.line(f"{result.kind}: {result.cases} cases")
    counts = [(name.replace("_", " "), len(found)) for name, found in result.audit.items() if isinstance(found, list)]
    terminal.table("found", ["", "count"], [[name, count] for name, count in counts])
    for section in ("shortcuts", "privacy", "pixels"):
        terminal.notices([item["text"] for item in result.audit[section]])
    terminal.notices(result.warnings)
    terminal.set_aside(result.set_aside)
    if result.page is not None:
        terminal.line(f"page: {result.page}", "bold")
    terminal.result(result.to_json())
    if strict and result.serious:
        raise typer.Exit(_REFUSED)
