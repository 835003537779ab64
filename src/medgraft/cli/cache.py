"""``medgraft cache``: what was computed once and is kept."""

from __future__ import annotations

import shutil

import typer

from medgraft.cli import options as o
from medgraft.cli.terminal import Terminal
from medgraft.home import Home

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="What was computed once and is kept: list, clear.")


@app.command("list")
def list_cache(json: o.JsonOption = False, home: o.HomeOption = None) -> None:
    """Kinds of entries and their sizes.

    Example: medgraft cache list
    """
    terminal = Terminal(json)
    folder = Home.find(home).cache
    rows = []
    for kind in sorted(item for item in folder.glob("*") if item.is_dir()):
        files = [file for file in kind.rglob("*") if file.is_file()]
        rows.append((kind.name, len(files), sum(file.stat().st_size for file in files)))
    terminal.table("", ["kind", "files", "MB"], [[kind, files, f"{size / 1e6:.1f}"] for kind, files, size in rows])
    terminal.line(str(folder))
    terminal.result(
        {
            "folder": str(folder),
            "entries": [{"kind": kind, "files": files, "bytes": size} for kind, files, size in rows],
        }
    )


@app.command("clear")
def clear(json: o.JsonOption = False, home: o.HomeOption = None) -> None:
    """Delete all of it; it is computed again when needed.

    Example: medgraft cache clear
    """
    terminal = Terminal(json)
    folder = Home.find(home).cache
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    if folder.exists():
        shutil.rmtree(folder)
    terminal.line(f"{size / 1e6:.1f} MB freed")
    terminal.result({"freed": size})
