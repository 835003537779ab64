"""``medgraft weights``: the store of pretrained weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The store of pretrained weights: list, import, verify, fetch.")

_Name = Annotated[str | None, typer.Option("--name", help="name in the store (default: the backbone's)")]


@app.command("list")
def list_weights(json: o.JsonOption = False, home: o.HomeOption = None) -> None:
    """What is in the store and in installed packages.

    Example: medgraft weights list
    """
    from medgraft.source.backbones.efficientnet_lite import LITES, package_file
    from medgraft.source.weights.store import list_entries

    terminal = Terminal(json)
    entries = list_entries(Home.find(home))
    rows = [[entry.name, entry.backbone, entry.licence, entry.trained_on] for entry in entries]
    packaged = [name for name in LITES if package_file(name) is not None]
    rows += [[name, name, "Apache-2.0 (package)", "ImageNet-1k"] for name in packaged]
    terminal.table("", ["name", "backbone", "licence", "trained on"], rows)
    terminal.result({"entries": [entry.model_dump(mode="json") for entry in entries], "packages": packaged})


@app.command("import")
def import_weights(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".safetensors, or .pth/.pt of tensors only")],
    backbone: Annotated[str | None, typer.Option("--backbone", help="timm's NAME or torchvision/NAME")] = None,
    name: _Name = None,
    licence: Annotated[str, typer.Option("--licence", help="of the weights; it travels with every model")] = "unknown",
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Put a local file into the store, safely.

    Example: medgraft weights import resnet50.pth --backbone torchvision/resnet50
    """
    from medgraft.source.weights.importing import import_weights as import_into

    terminal = Terminal(json)
    entry = import_into(file, home=Home.find(home), backbone=backbone, name=name, licence=licence, overwrite=overwrite)
    terminal.line(f"{entry.name}: weights of {entry.backbone}, licence {entry.licence}", "green")
    terminal.result(entry.model_dump(mode="json"))


@app.command("verify")
def verify(json: o.JsonOption = False, home: o.HomeOption = None) -> None:
    """Check every entry's checksums; exit code 4 if one is damaged.

    Example: medgraft weights verify
    """
    from medgraft.source.weights.store import verify_entries

    terminal = Terminal(json)
    found = verify_entries(Home.find(home))
    for name, problem in found:
        terminal.line(f"{name}: {problem or 'whole'}", "red" if problem else "green")
    terminal.result({"entries": [{"name": name, "problem": problem} for name, problem in found]})
    if any(problem for _, problem in found):
        raise typer.Exit(4)


@app.command("fetch")
def fetch(
    backbone: Annotated[str, typer.Argument(metavar="BACKBONE", help="timm's NAME or torchvision/NAME")],
    url: Annotated[str | None, typer.Option("--url", help="where the file is (default: its publisher's)")] = None,
    sha256: Annotated[str | None, typer.Option("--sha256", help="what the file must have")] = None,
    name: _Name = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Download weights where there is a network, and import them.

    Example: medgraft weights fetch resnet50
    """
    from medgraft.source.weights.fetching import fetch_weights

    terminal = Terminal(json)
    entry = fetch_weights(
        backbone,
        home=Home.find(home),
        url=url,
        sha256=sha256,
        name=name,
        progress=terminal.progress,
        overwrite=overwrite,
    )
    terminal.line(f"{entry.name}: weights of {entry.backbone}, licence {entry.licence}", "green")
    terminal.result(entry.model_dump(mode="json"))
