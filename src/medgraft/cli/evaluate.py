"""``medgraft evaluate``: external validation."""

from __future__ import annotations

from typing import Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.summary import show_metrics
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

__all__ = ["evaluate"]


def evaluate(
    run: o.RunArgument,
    data: o.DataArgument,
    name: Annotated[str | None, typer.Option("--name", help="name of this evaluation (default: DATA's name)")] = None,
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
    modality: o.ModalityOption = None,
    seed: o.SeedOption = None,
    device: o.DeviceOption = None,
    config: o.ConfigOption = None,
    sets: o.SetOption = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Test a run on labelled data that it has not seen; the result joins the run and its report.

    Example: medgraft evaluate run other-hospital
    """
    from medgraft.experiment.config import resolve_config
    from medgraft.experiment.predicting import evaluate_run

    flags = o.cohort_flags(locals())
    settings = resolve_config(config, sets or [], {**flags, "split.on_leak": on_leak, "seed": seed, "device": device})
    terminal = Terminal(json)
    result = evaluate_run(
        run,
        data,
        options=settings.data,
        name=name,
        on_leak=settings.split.on_leak,
        device=settings.device,
        seed=settings.seed,
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    show_metrics(terminal, {result["split"]: result["metrics"]}, [result["split"]])
    terminal.notices(result["warnings"])
    terminal.set_aside(result["set_aside"])
    terminal.line(f"report: {run / 'report.html'}", "bold")
    terminal.result({"run": str(run), **result})
