"""``medgraft demo``: the main job on the built-in, synthetic cohort."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.clock import STARTED
from medgraft.cli.fit import show_fit
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

__all__ = ["demo"]


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="where cohort and run go")] = Path("demo"),
    patients: Annotated[int, typer.Option("--patients", min=8, help="of the phantom cohort")] = 120,
    size: Annotated[int, typer.Option("--size", min=32, help="of a picture, pixels")] = 256,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="a real MedMNIST set instead, as pneumoniamnist (network)")
    ] = None,
    strategy: Annotated[str | None, typer.Option("--strategy", help="linear-probe or lp-ft")] = None,
    seed: o.SeedOption = None,
    device: o.DeviceOption = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Write a synthetic cohort (projection images with nodules, two sites) and run the main job on it.

    Example: medgraft demo --out demo
    """
    from medgraft.experiment.fitting import fit_run

    terminal, startup = Terminal(json), time.perf_counter() - STARTED
    if dataset is None:
        from medgraft.data.phantom.cohort import write_phantom

        terminal.line(f"writing a synthetic cohort of {patients} patients to {out / 'cohort'} …")
        cohort = write_phantom(out / "cohort", patients=patients, size=size, seed=seed or 0)
    else:
        from medgraft.data.cohort.download import download_medmnist

        cohort = download_medmnist(dataset, Home.find(home))
    result = fit_run(
        cohort,
        out / "run",
        flags={"seed": seed, "device": device, "strategy.kind": strategy},
        overwrite=overwrite,
        home=Home.find(home),
        progress=terminal.progress,
        startup=startup,
    )
    if dataset is None:
        terminal.line("synthetic images: the numbers below say nothing about patients", "yellow")
    show_fit(terminal, result)
