"""``medgraft embed``: pooled features as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

__all__ = ["embed"]


def embed(
    data: o.DataArgument,
    out: Annotated[Path, typer.Option("--out", metavar="TABLE", help="Parquet table to write")],
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
    """Features of a frozen backbone, one row a case.

    Example: medgraft embed cohort --out features.parquet
    """
    from medgraft.experiment.featuring import embed_data

    flags = {
        "backbone.name": backbone,
        "backbone.weights": weights,
        "engine": engine,
        "seed": seed,
        "device": device,
        **o.cohort_flags(locals()),
    }
    terminal = Terminal(json)
    result = embed_data(
        data,
        out,
        file=config,
        sets=sets or [],
        flags=flags,
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    terminal.notices(result["warnings"])
    terminal.line(f"{result['cases']} cases, {result['features']} features, {result['quarantined']} set aside")
    terminal.line(f"table: {out}", "bold")
    terminal.result(result)
