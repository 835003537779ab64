"""``medgraft weights``: the store of pretrained weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

if TYPE_CHECKING:
    from medgraft.source.weights.transfer_table import TransferTable

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, help="The store of pretrained weights: list, check, import, show, verify, fetch."
)

_Name = Annotated[str | None, typer.Option("--name", help="name in the store (default: the backbone's)")]
_File = Annotated[Path, typer.Argument(metavar="FILE", help=".safetensors, or .pth/.pt of tensors only")]
_Backbone = Annotated[str | None, typer.Option("--backbone", help="timm's NAME or torchvision/NAME")]
_Part = Annotated[str | None, typer.Option("--part", help="container or prefix that is meant, where several fit")]
_Convention = Annotated[str | None, typer.Option("--convention", help="see `medgraft list conventions`")]
_All = Annotated[bool, typer.Option("--all", help="every tensor, not only those that did not come as they are")]


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
    file: _File,
    backbone: _Backbone = None,
    name: _Name = None,
    licence: Annotated[str, typer.Option("--licence", help="of the weights; it travels with every model")] = "unknown",
    part: _Part = None,
    convention: _Convention = None,
    size: Annotated[int | None, typer.Option("--size", help="side of the square input, pixels", min=1)] = None,
    mean: Annotated[
        tuple[float, float, float] | None, typer.Option("--mean", help="R G B, for pixels in [0, 1]")
    ] = None,
    std: Annotated[tuple[float, float, float] | None, typer.Option("--std", help="R G B, for pixels in [0, 1]")] = None,
    json: o.JsonOption = False,
    overwrite: o.OverwriteOption = False,
    home: o.HomeOption = None,
) -> None:
    """Put a local file into the store, safely.

    Example: medgraft weights import resnet50.pth --backbone torchvision/resnet50
    """
    from medgraft.source.weights.importing import import_weights as import_into
    from medgraft.source.weights.store import get_table

    terminal = Terminal(json)
    entry = import_into(
        file,
        home=Home.find(home),
        backbone=backbone,
        name=name,
        licence=licence,
        part=part,
        convention=convention,
        size=size,
        mean=mean,
        std=std,
        overwrite=overwrite,
    )
    terminal.line(f"{entry.name}: weights of {entry.backbone}, licence {entry.licence}", "green")
    _print_table(terminal, get_table(Home.find(home), entry.name))
    terminal.result(entry.model_dump(mode="json"))


@app.command("check")
def check(
    file: _File,
    backbone: _Backbone = None,
    part: _Part = None,
    convention: _Convention = None,
    every: _All = False,
    json: o.JsonOption = False,
) -> None:
    """Which layers a file would transfer, which not and why; stores nothing, exit code 4 if it does not fit.

    Example: medgraft weights check resnet50.pth --backbone torchvision/resnet50
    """
    from medgraft.source.weights.importing import check_weights

    terminal = Terminal(json)
    table = check_weights(file, backbone=backbone, part=part, convention=convention)
    _print_table(terminal, table, rows=True, every=every)
    terminal.result(table.model_dump(mode="json") | {"summary": table.summary(), "fits": not table.problems})
    if table.problems:
        raise typer.Exit(4)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="of the store")],
    every: _All = False,
    json: o.JsonOption = False,
    home: o.HomeOption = None,
) -> None:
    """One entry: what it is, which layers were transferred, which not and why.

    Example: medgraft weights show torchvision-resnet50
    """
    from medgraft.source.weights.store import get_entry, get_table

    terminal = Terminal(json)
    entry, table = get_entry(Home.find(home), name), get_table(Home.find(home), name)
    content = entry.model_dump(mode="json")
    listed = ("backbone", "size", "mean", "std", "interpolation", "licence", "trained_on", "origin", "source_file")
    terminal.table(entry.name, ["", ""], [[key, content[key]] for key in listed])
    _print_table(terminal, table, rows=True, every=every)
    terminal.result(content | {"table": None if table is None else table.model_dump(mode="json")})


def _print_table(terminal: Terminal, table: TransferTable | None, *, rows: bool = False, every: bool = False) -> None:
    if table is None:
        terminal.line("no transfer table: an earlier version imported it; import it again with --overwrite", "yellow")
        return
    terminal.line(table.summary())
    if not rows:
        for layers, why in table.exceptions():
            terminal.line(f"  {layers}: {why}")
        return
    shown = [row for row in table.rows if every or row.status != "transferred"]
    terminal.table(
        "",
        ["network", "file", "shape", "shape in the file", "status", "why"],
        [[row.key or "", row.source_key or "", row.shape, row.source_shape, row.status, row.reason] for row in shown],
    )


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
