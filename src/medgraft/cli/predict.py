"""``medgraft predict``: answers for pictures without labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

__all__ = ["predict"]


def predict(
    run: o.RunArgument,
    files: Annotated[list[Path], typer.Argument(metavar="FILES…", help="pictures, folders, tables or .npz")],
    out: Annotated[Path | None, typer.Option("--out", metavar="TABLE", help="CSV table to write")] = None,
    no_paths: Annotated[bool, typer.Option("--no-paths", help="leave the file column out")] = False,
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
    """Probabilities for new pictures, one row each, with the reason where one cannot be read.

    Example: medgraft predict run new-images --out answers.csv
    """
    from medgraft.experiment.config import resolve_config
    from medgraft.experiment.predicting import predict_files
    from medgraft.use.prediction.abstaining import EMPTY, STRANGE

    flags = o.cohort_flags(locals())
    settings = resolve_config(config, sets or [], {**flags, "seed": seed, "device": device})
    terminal = Terminal(json)
    answer = predict_files(
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
    terminal.result(
        {
            "out": str(out) if out is not None else None,
            "pictures": len(rows),
            "refused": refused,
            "strange": int(strange.sum()),
            "unsure": int(unsure.sum()),
            "forward_passes": answer.forward_passes,
            "rows": rows.astype(object).where(rows.notna(), None).to_dict("records") if out is None else None,
            "warnings": answer.warnings,
        }
    )
