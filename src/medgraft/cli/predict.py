"""``medgraft predict``: answers for pictures without labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.errors import UsageError
from medgraft.home import Home

if TYPE_CHECKING:
    from medgraft.data.cohort.cohort import Target
    from medgraft.experiment.config import FitConfig
    from medgraft.experiment.detecting import Detections
    from medgraft.experiment.explaining import Explaining
    from medgraft.experiment.outlining import OutlineAnswer
    from medgraft.experiment.predicting import Prediction

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

    flags = o.cohort_flags(locals())
    settings = resolve_config(config, sets or [], {**flags, "clinical.file": clinical, "seed": seed, "device": device})
    terminal = Terminal(json)
    if explain and explain_out is None:
        raise UsageError("--explain: heat maps show patients' pictures; say where they go with --explain-out DIR")
    maps = None if explain_out is None else Explaining(explain_out, explain_method)
    way = _way_for(answers_with(run), settings, maps)
    answer = way.answer(
        run,
        files,
        out=out,
        paths=not no_paths,
        options=settings.data,
        device=settings.device,
        home=Home.find(home),
        progress=terminal.progress,
        overwrite=overwrite,
    )
    rows = answer.table
    if way.counted is not None:
        terminal.table("", [*way.counted], [[label, count] for label, count in rows[way.column].value_counts().items()])
    bad = rows[rows["reason"].fillna("") != ""]
    if "file" in bad:  # without paths there is nothing to name them by
        terminal.set_aside(list(zip(bad["file"].astype(str), bad["reason"].astype(str), strict=True)))
    terminal.notices(answer.warnings)
    lines, told = way.tell(answer, out)
    for line in [*lines, "research use only, not a medical device"]:
        terminal.line(line)
    if out is not None:
        terminal.line(f"{way.written}: {out}", "bold")
    if explain_out is not None:
        terminal.line(f"heat maps: {explain_out} (patients' pictures: keep them in the house)", "bold")
    inline = rows.astype(object).where(rows.notna(), None).to_dict("records") if out is None or way.inline else None
    terminal.result({"out": None if out is None else str(out), **told, "rows": inline, "warnings": answer.warnings})


@dataclass(frozen=True)
class _Way:
    """How runs that answer with one thing are asked and told of: ``answer`` gives a table (with a column ``reason``)
    and warnings; ``tell(answer, out)`` lines and what ``--json`` says besides. The values of ``column`` are counted
    under the heads ``counted``. ``written``: what ``--out`` holds; ``inline``: whether JSON has the rows all the same.
    """

    answer: Callable[..., Any]
    tell: Callable[[Any, Path | None], tuple[list[str], dict[str, Any]]]
    written: str
    column: str = ""
    counted: tuple[str, str] | None = None
    inline: bool = False


def _way_for(target: Target, settings: FitConfig, maps: Explaining | None) -> _Way:
    """Of a run that answers with ``target``; the libraries that it needs are loaded here."""
    if target == "labels":
        from medgraft.experiment.predicting import predict_files

        answer = partial(predict_files, explain=maps, clinical=settings.clinical)
        return _Way(answer, partial(_tell_labels, maps), "table", "prediction", ("prediction", "pictures"))
    if maps is not None or settings.clinical.file is not None:
        option = "--explain" if maps is not None else "--clinical"
        raise UsageError(f"{option}: it belongs to labels, and this run answers with {target}; leave it out")
    if target == "masks":
        from medgraft.experiment.outlining import outline_files

        return _Way(outline_files, _tell_masks, "masks and outlines.csv", inline=True)
    from medgraft.experiment.detecting import detect_files

    return _Way(detect_files, _tell_boxes, "boxes", "label", ("found", "boxes"))


def _tell_labels(maps: Explaining | None, answer: Prediction, out: Path | None) -> tuple[list[str], dict[str, Any]]:
    from medgraft.use.prediction.abstaining import EMPTY, STRANGE

    rows = answer.table
    refused = int(rows["prediction"].isna().sum())
    strange = rows["abstain"].isin([STRANGE, EMPTY])
    unsure = (rows["abstain"] != "") & ~strange
    lines = [f"{len(rows)} pictures, {refused} not answered, {answer.forward_passes} forward passes"]
    if strange.any():
        lines.append(f"{int(strange.sum())} {STRANGE}, or empty: their probabilities mean nothing, they get no label")
    if unsure.any():
        lines.append(f"{int(unsure.sum())} answered, but not to be relied on alone: see the columns set and abstain")
    return lines, {
        "explain_out": None if maps is None else str(maps.out),
        "pictures": len(rows),
        "refused": refused,
        "strange": int(strange.sum()),
        "unsure": int(unsure.sum()),
        "forward_passes": answer.forward_passes,
    }


def _tell_masks(answer: OutlineAnswer, out: Path | None) -> tuple[list[str], dict[str, Any]]:
    good = answer.table["reason"] == ""
    done = int(answer.table.loc[good, "case_id"].nunique())
    refused = int((~good).sum())
    return [f"{done} cases outlined, {refused} not"], {"cases": done, "refused": refused}


def _tell_boxes(answer: Detections, out: Path | None) -> tuple[list[str], dict[str, Any]]:
    refused = int((answer.table["reason"].fillna("") != "").sum())
    return [f"{answer.pictures} pictures looked at, {refused} not"], {"pictures": answer.pictures, "refused": refused}
