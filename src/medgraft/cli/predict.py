"""``medgraft predict``: answers for pictures without labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.errors import UsageError
from medgraft.home import Home

if TYPE_CHECKING:
    import pandas as pd

    from medgraft.experiment.config import FitConfig

__all__ = ["predict"]


def predict(
    run: o.RunArgument,
    files: Annotated[list[Path], typer.Argument(metavar="FILES…", help="pictures, folders, tables or .npz")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="TABLE", help="CSV table to write; of a segmentation the folder for masks"),
    ] = None,
    no_paths: Annotated[bool, typer.Option("--no-paths", help="leave the file column out")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="draw a heat map of each picture")] = False,
    explain_method: Annotated[
        str, typer.Option("--explain-method", metavar="NAME", help="see `medgraft list explainers`")
    ] = "hirescam",
    explain_out: Annotated[
        Path | None, typer.Option("--explain-out", metavar="DIR", help="folder for the heat maps (they show patients)")
    ] = None,
    clinical: Annotated[
        Path | None,
        typer.Option("--clinical", metavar="TABLE", help="age, sex, … of the patients, for a run fitted with such"),
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
    seed: o.SeedOption = None,
    device: o.DeviceOption = None,
    config: o.ConfigOption = None,
    sets: o.SetOption = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Probabilities for new pictures, one row each, with the reason where one cannot be read.

    Example: medgraft predict run new-images --out answers.csv
    """
    from medgraft.experiment.answering import answers_with
    from medgraft.experiment.config import resolve_config
    from medgraft.experiment.explaining import Explaining
    from medgraft.experiment.predicting import predict_files
    from medgraft.use.prediction.abstaining import EMPTY, STRANGE

    flags = o.cohort_flags(locals())
    settings = resolve_config(config, sets or [], {**flags, "clinical.file": clinical, "seed": seed, "device": device})
    terminal = Terminal(json)
    target = answers_with(run)
    if target != "labels":
        show = _outline if target == "masks" else _detect
        show(terminal, run, files, out, paths=not no_paths, settings=settings, home=home, overwrite=overwrite)
        return
    if explain and explain_out is None:
        raise UsageError("--explain: heat maps show patients' pictures; say where they go with --explain-out DIR")
    answer = predict_files(
        run,
        files,
        out=out,
        paths=not no_paths,
        explain=None if explain_out is None else Explaining(explain_out, explain_method),
        options=settings.data,
        clinical=settings.clinical,
        device=settings.device,
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    rows = answer.table
    unread, refused = rows["reason"] != "", int(rows["prediction"].isna().sum())
    strange = rows["abstain"].isin([STRANGE, EMPTY])
    unsure = (rows["abstain"] != "") & ~strange
    counts = rows["prediction"].value_counts()
    terminal.table("", ["prediction", "pictures"], [[label, count] for label, count in counts.items()])
    if "file" in rows:
        bad = rows[unread]
        terminal.set_aside(list(zip(bad["file"].astype(str), bad["reason"].astype(str), strict=True)))
    terminal.notices(answer.warnings)
    terminal.line(f"{len(rows)} pictures, {refused} not answered, {answer.forward_passes} forward passes")
    if strange.any():
        terminal.line(f"{int(strange.sum())} {STRANGE}, or empty: their probabilities mean nothing, they get no label")
    if unsure.any():
        terminal.line(f"{int(unsure.sum())} answered, but not to be relied on alone: see the columns set and abstain")
    terminal.line("research use only, not a medical device")
    if out is not None:
        terminal.line(f"table: {out}", "bold")
    if explain_out is not None:
        terminal.line(f"heat maps: {explain_out} (patients' pictures: keep them in the house)", "bold")
    terminal.result(
        {
            "out": str(out) if out is not None else None,
            "explain_out": str(explain_out) if explain_out is not None else None,
            "pictures": len(rows),
            "refused": refused,
            "strange": int(strange.sum()),
            "unsure": int(unsure.sum()),
            "forward_passes": answer.forward_passes,
            "rows": rows.astype(object).where(rows.notna(), None).to_dict("records") if out is None else None,
            "warnings": answer.warnings,
        }
    )


def _outline(
    terminal: Terminal,
    run: Path,
    files: list[Path],
    out: Path | None,
    *,
    paths: bool,
    settings: FitConfig,
    home: Path | None,
    overwrite: bool,
) -> None:
    """The same verb for a run that outlines."""
    from medgraft.experiment.build import choose_device
    from medgraft.experiment.outlining import outline_files

    if out is None:
        raise UsageError("predicting with a segmentation: its answers are masks; name a folder for them with --out")
    answer = outline_files(
        run,
        files,
        out=out,
        paths=paths,
        options=settings.data,
        device=choose_device(settings.device),
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    rows = answer.table
    bad = rows[rows["reason"] != ""]
    _set_aside(terminal, bad)
    terminal.notices(answer.warnings)
    done = int(rows.loc[rows["reason"] == "", "case_id"].nunique())
    terminal.line(f"{done} cases outlined, {len(bad)} not; masks and outlines.csv in {out}")
    terminal.line("research use only, not a medical device")
    terminal.result(
        {
            "out": str(out),
            "cases": done,
            "refused": len(bad),
            "rows": rows.astype(object).where(rows.notna(), None).to_dict("records"),
            "warnings": answer.warnings,
        }
    )


def _detect(
    terminal: Terminal,
    run: Path,
    files: list[Path],
    out: Path | None,
    *,
    paths: bool,
    settings: FitConfig,
    home: Path | None,
    overwrite: bool,
) -> None:
    """The same verb for a run that finds boxes; ``--out`` ending in .json is COCO."""
    from medgraft.experiment.build import choose_device
    from medgraft.experiment.detecting import detect_files

    answer = detect_files(
        run,
        files,
        out=out,
        paths=paths,
        options=settings.data,
        device=choose_device(settings.device),
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    rows = answer.table
    bad = rows[rows["reason"].fillna("") != ""]
    _set_aside(terminal, bad)
    counts = rows["label"].value_counts()
    terminal.table("", ["found", "boxes"], [[label, count] for label, count in counts.items()])
    terminal.notices(answer.warnings)
    terminal.line(f"{answer.pictures} pictures looked at, {len(bad)} not")
    terminal.line("research use only, not a medical device")
    if out is not None:
        terminal.line(f"boxes: {out}", "bold")
    terminal.result(
        {
            "out": str(out) if out is not None else None,
            "pictures": answer.pictures,
            "refused": len(bad),
            "rows": rows.astype(object).where(rows.notna(), None).to_dict("records") if out is None else None,
            "warnings": answer.warnings,
        }
    )


def _set_aside(terminal: Terminal, bad: pd.DataFrame) -> None:
    """Rows that were not answered, with their reasons; without paths there is nothing to name them by."""
    if "file" in bad:
        terminal.set_aside(list(zip(bad["file"].astype(str), bad["reason"].astype(str), strict=True)))
