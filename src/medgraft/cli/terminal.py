"""What the terminal shows: progress with an estimate, tables, notices. All of it goes to standard error
under ``--json``, when standard output carries one JSON object.

Names that come from data are printed as text: no markup, no control characters.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

from medgraft.progress import Progress

__all__ = ["Terminal", "TerminalProgress", "plain"]

T = TypeVar("T")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_PATIENCE = 2.0


def plain(text: object) -> str:
    """One line without control characters (which could move the cursor or reverse the text)."""
    return _CONTROL.sub("�", str(text))


class TerminalProgress(Progress):
    """Bars for what takes over two seconds, on a terminal; silent in a pipe."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def track(self, items: Iterable[T], *, total: int, label: str) -> Iterator[T]:
        """See ``Progress``."""
        if not self._console.is_terminal:
            yield from items
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        bar = RichProgress(*columns, console=self._console, transient=True)
        task = bar.add_task(label, total=total)
        began, started = time.perf_counter(), False
        try:
            for item in items:
                if not started and time.perf_counter() - began > _PATIENCE:
                    bar.start()
                    started = True
                yield item
                bar.advance(task)
        finally:
            if started:
                bar.stop()

    def step(self, text: str) -> None:
        """See ``Progress``: a dim line, on a terminal."""
        if self._console.is_terminal:
            self._console.print(Text(plain(text), style="dim"))


class Terminal:
    """Where a verb prints."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self.console = Console(stderr=as_json, highlight=False, soft_wrap=True)
        self.progress = TerminalProgress(Console(stderr=True, highlight=False))

    def line(self, text: str, style: str = "") -> None:
        """One line of plain text."""
        self.console.print(Text(plain(text), style=style))

    def notices(self, texts: Iterable[str]) -> None:
        """Things to know, each once."""
        for text in dict.fromkeys(texts):
            self.line(f"  note: {text}", "yellow")

    def set_aside(self, cases: list[tuple[str, str]], most: int = 10) -> None:
        """Files that were quarantined, with their reasons."""
        if not cases:
            return
        self.line(f"{len(cases)} set aside:", "yellow")
        for path, reason in cases[:most]:
            self.line(f"  {path}: {reason}")
        if len(cases) > most:
            self.line(f"  … and {len(cases) - most} more")

    def table(self, title: str, columns: list[str], rows: Iterable[Iterable[object]]) -> None:
        """A small table; columns after the first are right-aligned."""
        table = Table(title=Text(plain(title)) if title else None, title_justify="left", box=None, pad_edge=False)
        for number, column in enumerate(columns):
            table.add_column(Text(plain(column)), justify="left" if number == 0 else "right", overflow="fold")
        for row in rows:
            table.add_row(*(Text(plain(cell)) for cell in row))
        self.console.print(table)

    def result(self, content: dict[str, Any]) -> None:
        """The one object of ``--json``; nothing otherwise."""
        if self._as_json:
            sys.stdout.write(json.dumps(content, ensure_ascii=True, allow_nan=False) + "\n")
            sys.stdout.flush()
