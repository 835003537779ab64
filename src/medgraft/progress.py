"""How long work tells that it is alive. Rooms report to a ``Progress``; the command line draws it.

``track`` wraps an iterable of known length; ``step`` names what is begun now; ``notice`` says something that the user
should know and that is kept (summary, ``fit --json``, report). The default reports to nobody, so that the library is
silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

__all__ = ["Progress"]

T = TypeVar("T")


class Progress:
    """Silent; keeps the notices. The command line's subclass draws bars and prints the notices."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def track(self, items: Iterable[T], *, total: int, label: str) -> Iterator[T]:
        """Yield ``items``; a subclass shows how many of ``total`` are done and how long the rest will take."""
        yield from items

    def step(self, text: str) -> None:
        """What is begun now, of several things; a subclass shows it."""

    def notice(self, text: str) -> None:
        """Keep ``text`` once for whoever reads the result."""
        if text not in self.notices:
            self.notices.append(text)
