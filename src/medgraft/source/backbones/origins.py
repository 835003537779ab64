"""Where the weights of a resolved backbone come from, as plain data (no torch)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["WeightsOrigin"]


@dataclass(frozen=True)
class WeightsOrigin:
    """``path`` is the store's file (``kind == "store"``); ``seed`` is that of random weights.

    ``package``: a Python package; ``factory``: the user's registered function brings them; ``bundle``:
    they are handed in as ``state``. ``not_transferred`` names the keys of the source that were left out.
    """

    kind: Literal["package", "store", "random", "factory", "bundle"]
    path: Path | None = None
    seed: int = 0
    not_transferred: tuple[str, ...] = ()
