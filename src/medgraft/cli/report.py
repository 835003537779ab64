"""``medgraft report``: draw the report again from the run's files."""

from __future__ import annotations

from typing import Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal

__all__ = ["report"]


def report(
    run: o.RunArgument,
    no_images: Annotated[bool, typer.Option("--no-images", help="without any picture, fit to be shared")] = False,
    seed: o.SeedOption = None,
    device: o.DeviceOption = None,
    config: o.ConfigOption = None,
    sets: o.SetOption = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Write report.html and model_card.md again from what lies in RUN.

    Example: medgraft report run --no-images
    """
    from medgraft.use.report.render import render_report

    terminal = Terminal(json)
    path = render_report(run, images=not no_images)
    terminal.line(f"report: {path}", "bold")
    terminal.result({"report": str(path), "images": not no_images})
