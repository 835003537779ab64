"""``medgraft evaluate``: external validation."""

from __future__ import annotations

from pathlib import Path
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
    corruptions: Annotated[
        bool, typer.Option("--corruptions", help="also on pictures that are made worse: blur, noise, exposure, …")
    ] = False,
    attacks: Annotated[
        bool, typer.Option("--attacks", help="also on pictures that are changed against the model by 1, 2, 4 of 255")
    ] = False,
    recalibrate: Annotated[
        int, typer.Option("--recalibrate", metavar="K", help="bring probabilities to this site by K of its cases")
    ] = 0,
    prevalence: Annotated[
        float | None,
        typer.Option(
            "--prevalence", metavar="P", help="share of positive cases at this site: for PPV, NPV, and probabilities"
        ),
    ] = None,
    clinical: Annotated[
        Path | None,
        typer.Option("--clinical", metavar="TABLE", help="age, sex, … of these patients, for a run fitted with such"),
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
    """Test a run on labelled data that it has not seen; the result joins the run and its report.

    With --corruptions at most 200 cases are asked again, spoilt in every way that can happen to their kind of picture.
    With --attacks it is asked again on at most 50 pictures that are changed against it, which takes minutes.
    With --recalibrate K the cases of some patients, K at most, bring the probabilities to this site and judge nothing;
    the others are judged before and after. Without labels to spare, --prevalence does it from the share alone. With
    --by groups of cases are judged one by one, with --clinical image and table, each alone and together.

    Example: medgraft evaluate run other-hospital --corruptions
    """
    from medgraft.experiment.config import resolve_config
    from medgraft.experiment.elsewhere import evaluator_of
    from medgraft.experiment.stages.recalibrating import NewSite
    from medgraft.use.report.attacks import attack_sentences
    from medgraft.use.report.robustness import robustness_sentences
    from medgraft.use.report.trust_words import recalibration_sentences

    flags = o.cohort_flags(locals())
    flags |= {"clinical.file": clinical, "evaluation.by": o.listed(by)}
    settings = resolve_config(config, sets or [], {**flags, "split.on_leak": on_leak, "seed": seed, "device": device})
    terminal = Terminal(json)
    result = evaluator_of(run)(
        run,
        data,
        options=settings.data,
        name=name,
        on_leak=settings.split.on_leak,
        corruptions=corruptions,
        attacks=attacks,
        site=NewSite(recalibrate, prevalence),
        tables=settings,
        device=settings.device,
        seed=settings.seed,
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    show_metrics(terminal, {result["split"]: result["metrics"]}, [result["split"]])
    for sentence in robustness_sentences(result["robustness"]) if corruptions else []:
        terminal.line(sentence)
    for sentence in attack_sentences(result["attacks"]) if attacks else []:
        terminal.line(sentence)
    for sentence in recalibration_sentences(result["trust"].get("recalibration")):
        terminal.line(sentence)
    terminal.notices(result["warnings"])
    terminal.set_aside(result["set_aside"])
    terminal.line(f"report: {run / 'report.html'}", "bold")
    terminal.result({"run": str(run), **result})
