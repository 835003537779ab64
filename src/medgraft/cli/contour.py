"""``medgraft contour``: outlines for planning, with margins, sizes and distances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.errors import UsageError

__all__ = ["contour", "margins_of", "pairs_of"]


def contour(
    run: o.RunArgument,
    source: Annotated[Path, typer.Argument(metavar="SERIES", help="folder of a DICOM series, volume or picture")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="folder for the outlines and measurements")],
    form: Annotated[str, typer.Option("--format", help="seg, rtstruct, nifti or png")] = "seg",
    margin_mm: Annotated[
        str | None,
        typer.Option(
            "--margin-mm", metavar="MM", help="margin; or three: left–right, front–back, head–foot; negative shrinks"
        ),
    ] = None,
    distance: Annotated[
        list[str] | None, typer.Option("--distance", metavar="A,B", help="smallest distance of two structures")
    ] = None,
    codes: Annotated[
        Path | None, typer.Option("--codes", metavar="FILE", help="JSON of codes of the structures, for SEG")
    ] = None,
    seed: o.SeedOption = None,
    device: o.DeviceOption = None,
    config: o.ConfigOption = None,
    sets: o.SetOption = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Outlines of a series as DICOM SEG, RTSTRUCT, NIfTI or PNG on its own grid.

    Example: medgraft contour run series --out plan --format rtstruct --margin-mm 5
    """
    from medgraft.experiment.build import choose_device
    from medgraft.experiment.config import resolve_config
    from medgraft.experiment.contouring import Planning, contour_series
    from medgraft.experiment.outlining import segmenter_of
    from medgraft.experiment.run import require_empty

    planning = Planning(form, margins_of(margin_mm), pairs_of(distance or []), codes)
    settings = resolve_config(config, sets or [], {"seed": seed, "device": device})
    require_empty(out, overwrite=overwrite)
    terminal = Terminal(json)
    segment = segmenter_of(run, choose_device(settings.device))
    result = contour_series(source, segment, out=out, planning=planning)
    content = result.content
    rows = [_row(row) for row in [*content["structures"], *content["with_margin"]]]
    terminal.table("", ["structure", "size", "longest diameter, mm", "through slices, mm", "parts"], rows)
    for one in content["distances"]:
        apart = "not defined" if one["mm"] is None else f"{one['mm']:.1f} mm"
        terminal.line(f"{one['from']} to {one['to']}: {apart}" + (", they overlap" if one["overlap_voxels"] else ""))
    terminal.notices(content["notes"])
    if form in ("seg", "rtstruct") and result.files:
        terminal.line("it names the patient, as the series does: keep it in the house")
    terminal.line(content["statement"])
    for path in result.files:
        terminal.line(f"written: {path}", "bold")
    terminal.result(result.to_json())


def margins_of(text: str | None) -> tuple[float, ...]:
    """``5`` or ``5,5,8``. Raises ``UsageError``."""
    try:
        found = tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        found = (0.0, 0.0)
    if len(found) not in (0, 1, 3):
        raise UsageError(f"--margin-mm {text}: one number in mm is needed, or three with commas between")
    return found


def pairs_of(texts: list[str]) -> tuple[tuple[str, str], ...]:
    """``A,B`` of each option. Raises ``UsageError``."""
    pairs = [tuple(part.strip() for part in text.split(",")) for text in texts]
    bad = [text for text, pair in zip(texts, pairs, strict=True) if len(pair) != 2 or not all(pair)]
    if bad:
        raise UsageError(f"--distance {bad[0]}: two structures with a comma between are needed, as in tumour,cord")
    return tuple((pair[0], pair[1]) for pair in pairs)


def _row(row: dict[str, Any]) -> list[object]:
    size = next(
        (f"{row[key]:.2f} {unit}" for key, unit in (("volume_ml", "mL"), ("area_mm2", "mm²")) if row[key] is not None),
        f"{row['voxels']} voxels",
    )
    lengths = ["–" if row[key] is None else f"{row[key]:.1f}" for key in ("diameter_mm", "diameter_3d_mm")]
    return [row["label"], size, *lengths, row["parts"]]
