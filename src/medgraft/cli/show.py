"""``medgraft show``: one picture, as the file shows it and as the network sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

__all__ = ["show"]


def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="picture to show")],
    out: Annotated[Path, typer.Option("--out", metavar="PNG", help="sheet to write")] = Path("shown.png"),
    member: Annotated[
        str, typer.Option("--member", help="which picture of a file with several (default: middle)")
    ] = "",
    augment: Annotated[int, typer.Option("--augment", help="how many augmented views, too")] = 0,
    backbone: o.BackboneOption = None,
    weights: o.WeightsOption = None,
    modality: o.ModalityOption = None,
    seed: o.SeedOption = None,
    config: o.ConfigOption = None,
    sets: o.SetOption = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """What the network will see of a file, beside what the file says, with every step listed.

    Example: medgraft show film.dcm --augment 8 --out shown.png
    """
    from medgraft.experiment.showing import show_file

    terminal = Terminal(json)
    flags = {"backbone.name": backbone, "backbone.weights": weights, "data.modality": modality, "seed": seed}
    result = show_file(
        file,
        out=out,
        member=member,
        augment=augment,
        file=config,
        sets=sets or [],
        flags=flags,
        home=Home.find(home),
        overwrite=overwrite,
    )
    for number, step in enumerate(result.steps, start=1):
        terminal.line(f"{number:3d}. {step}")
    terminal.line(f"picture: {result.out}", "bold")
    terminal.result(result.to_json())
