"""``medgraft pretrain``: pictures → weights in the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

if TYPE_CHECKING:
    from medgraft.experiment.pretraining import PretrainResult

__all__ = ["pretrain"]

_TRAINING = "How it is trained"


def pretrain(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="DATA…", help="folder, table or .npz; several are pooled, for a method without labels"),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="WEIGHTS", help="NAME.safetensors; it enters the store as NAME")
    ],
    method: Annotated[
        str,
        typer.Option("--method", help="supervised (by labels) or vicreg (without)", rich_help_panel=_TRAINING),
    ] = "supervised",
    backbone: o.BackboneOption = None,
    weights: o.WeightsOption = None,
    size: Annotated[
        int | None, typer.Option("--size", help="side of the input, pixels (default: 128)", rich_help_panel=_TRAINING)
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", help="passes over the pictures (default: 20)", rich_help_panel=_TRAINING)
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", help="pictures a step (default: 64)", rich_help_panel=_TRAINING)
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option("--lr", help="peak (default: 1e-3 from random weights, else 3e-4)", rich_help_panel=_TRAINING),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", help="no epoch is begun that would end later", rich_help_panel=_TRAINING),
    ] = None,
    table: o.TableOption = None,
    path_col: o.PathColOption = None,
    label_col: o.LabelColOption = None,
    patient_col: o.PatientColOption = None,
    site_col: o.SiteColOption = None,
    split_col: o.SplitColOption = None,
    patient_regex: o.PatientRegexOption = None,
    label_map: o.LabelMapOption = None,
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
    """A backbone's weights from your own pictures, with or without labels.

    Example: medgraft pretrain archive --method vicreg --out archive.safetensors
    """
    flags = {
        "backbone.name": backbone,
        "backbone.weights": weights,
        "preprocess.size": size,
        "pretext.epochs": epochs,
        "pretext.batch_size": batch_size,
        "pretext.lr": lr,
        "seed": seed,
        "device": device,
        **o.cohort_flags(locals()),
    }
    from medgraft.experiment.pretraining import pretrain_weights

    terminal = Terminal(json)
    result = pretrain_weights(
        data,
        out,
        method=method,
        minutes=minutes,
        file=config,
        sets=sets or [],
        flags=flags,
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    _show(terminal, result)


def _show(terminal: Terminal, result: PretrainResult) -> None:
    """What was made, how it went, and how it is used."""
    record = result.record
    terminal.line(record.told())
    measured = ", ".join(f"{name} {value:.3f}" for name, value in record.measured.items() if value is not None)
    terminal.line(f"epoch {record.kept_epoch} of {record.epochs}: {measured}; {record.minutes:.1f} min of training")
    terminal.notices(result.warnings)
    terminal.line(f"weights: {result.weights}; in the store as {result.name}", "bold")
    terminal.line(f"use them: medgraft fit DATA --backbone {result.name} --out RUN")
    terminal.result(result.to_json())
