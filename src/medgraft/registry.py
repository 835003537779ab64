"""One generic registry: names to things, with a clear error for a name that is not there.

Every family that can grow (backbone families, strategies, engines, augmentations, audit checks, metrics, …)
owns one ``Registry``. Registering is enough to be listed by ``medgraft list``, offered by the command
line and walked by the family's contract suite.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from medgraft.errors import UsageError

__all__ = ["Registry", "nearest"]

T = TypeVar("T")


class Registry(Generic[T]):
    """Named members of one family, in the order of registration."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._members: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that adds a member under ``name``; a name that is taken is an error."""

        def add(member: T) -> T:
            if name in self._members:
                raise UsageError(f"registering the {self.kind} {name!r}: that name is taken; choose another")
            self._members[name] = member
            return member

        return add

    def get(self, name: str) -> T:
        """The member called ``name``; else a ``UsageError`` that names the nearest match."""
        if name not in self._members:
            raise UsageError(
                f"there is no {self.kind} {name!r}{nearest(name, self._members)}; "
                f"known: {', '.join(sorted(self._members)) or 'none'}"
            )
        return self._members[name]

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def items(self) -> list[tuple[str, T]]:
        """Names and members, in the order of registration."""
        return list(self._members.items())


def nearest(name: str, known: object) -> str:
    """`` (did you mean 'x'?)`` for the closest known name, or an empty string."""
    names = [str(item) for item in known] if hasattr(known, "__iter__") else []
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""
