"""``medgraft adapt``: a run brought to another site's data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.summary import show_metrics
from medgraft.cli.terminal import Terminal
from medgraft.errors import UsageError
from medgraft.home import Home

if TYPE_CHECKING:
    from medgraft.experiment.adapt_result import AdaptResult

__all__ = ["adapt", "method_options", "show_adaptation"]


def adapt(
    run: o.RunArgument,
    target: Annotated[Path, typer.Option("--target", metavar="DATA", help="the other site's cohort; needs no labels")],
    out: Annotated[Path, typer.Option("--out", metavar="RUN2", help="folder for the adapted run")],
    method: Annotated[
        str,
        typer.Option(
            "--method", help="auto, or one of `medgraft list adaptations` (of outlines: `list outline-adaptations`)"
        ),
    ] = "auto",
    labels: Annotated[
        int, typer.Option("--labels", metavar="K", help="learn from K labelled target cases; the others judge")
    ] = 0,
    with_: Annotated[
        list[str] | None, typer.Option("--with", metavar="KEY=VALUE", help="option of the method; repeatable")
    ] = None,
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
    """Bring a run to another site's data: the source's model is kept unless the evidence is for adapting.

    Example: medgraft adapt run --target other-hospital --out adapted
    """
    flags = {"engine": engine, "seed": seed, "device": device, **o.cohort_flags(locals())}
    options = method_options(with_ or [])
    from medgraft.experiment.elsewhere import adapter_of

    terminal = Terminal(json)
    result = adapter_of(run)(
        run,
        target,
        out,
        method=method,
        labels=labels,
        options=options,
        file=config,
        sets=sets or [],
        flags=flags,
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    show_adaptation(terminal, result)


def method_options(told: list[str]) -> dict[str, str]:
    """``KEY=VALUE`` by key; the method checks them."""
    found = dict[str, str]()
    for text in told:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise UsageError(f"--with {text}: write KEY=VALUE, such as --with target_weight=5")
        found[key] = value
    return found


def show_adaptation(terminal: Terminal, result: AdaptResult) -> None:
    """What was done and why, the numbers of the new run, and where it is."""
    terminal.line(result.told[0], "bold")
    for text in result.told[1:]:
        terminal.line(text)
    if "test" in result.metrics:
        show_metrics(terminal, result.metrics, ["test"])
    terminal.notices(result.warnings)
    terminal.set_aside(result.set_aside)
    terminal.line(f"report: {result.run / 'report.html'}", "bold")
    terminal.result(result.to_json())
