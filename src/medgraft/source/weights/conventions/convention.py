"""The contract of a naming convention: what stands around a network's own names in a checkpoint. Plain data.

A convention registers in ``CONVENTIONS``; that is enough to be tried on every file, listed by ``medgraft list
conventions``, and tested. A container or a prefix belongs to one convention only.
"""

from __future__ import annotations

from dataclasses import dataclass

from medgraft.registry import Registry

__all__ = ["CONVENTIONS", "Convention", "SourceInput"]


@dataclass(frozen=True)
class SourceInput:
    """What a convention's networks take. ``mean`` and ``std`` are for pixels in [0, 1], alike for every channel;
    ``size`` is in pixels."""

    mean: float
    std: float
    size: int
    interpolation: str


@dataclass(frozen=True)
class Convention:
    """``containers``: entries of the file that hold a state dict. ``prefixes``: what stands before the network's own
    names, each with its dot. ``renames``: (regular expression, replacement) on a name. ``beside``: (start of a name,
    what it is): parts of the source task that are no part of the network, and are left out by that name. ``input``:
    used where the user names the convention, for it cannot be read off the tensors."""

    about: str
    containers: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    input: SourceInput | None = None


CONVENTIONS: Registry[Convention] = Registry("weights convention")
