"""Boxes in a table, one row a box: which columns hold the corners, and what a row says.

Corners are ``x0 y0 x1 y1``, ``x1 y1 x2 y2``, ``xmin ymin xmax ymax``, ``x_min y_min x_max y_max`` or ``left top right
bottom``; with ``w h``, ``width height`` or ``box_width box_height`` beside a first corner or ``x y`` they are that
corner and a size. Upper case or lower, pixels, half-open. A row whose four cells are empty is a picture without boxes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from medgraft.data.outlines.boxes import Box

__all__ = ["BoxColumns"]

_FIRST = (("x0", "y0"), ("xmin", "ymin"), ("x_min", "y_min"), ("x1", "y1"), ("x", "y"), ("left", "top"))
_LAST = {
    ("x0", "y0"): (("x1", "y1"),),
    ("xmin", "ymin"): (("xmax", "ymax"),),
    ("x_min", "y_min"): (("x_max", "y_max"),),
    ("x1", "y1"): (("x2", "y2"),),
    ("left", "top"): (("right", "bottom"),),
}
_SIZE = (("w", "h"), ("width", "height"), ("box_width", "box_height"))


@dataclass(frozen=True, slots=True)
class BoxColumns:
    """The places of four columns; ``sized``: the last two are width and height."""

    places: tuple[int, int, int, int]
    sized: bool

    @classmethod
    def of(cls, header: Sequence[str]) -> BoxColumns | None:
        """The columns by their names, or ``None`` where four that go together are not there."""
        names = [name.strip().lower().replace(" ", "_").replace("-", "_") for name in header]
        for sized in (False, True):
            for first in _FIRST:
                for last in _SIZE if sized else _LAST.get(first, ()):
                    wanted = (*first, *last)
                    if all(names.count(name) == 1 for name in wanted):
                        a, b, c, d = (names.index(name) for name in wanted)
                        return cls((a, b, c, d), sized)
        return None

    def box(self, label: str | None, cells: Sequence[str | None]) -> Box | None:
        """The box of a row; ``None`` where its four cells are empty, or not there. A cell that is no number comes out
        as NaN, for ``sift`` to tell."""
        given = [cells[place] if place < len(cells) else None for place in self.places]
        if all(cell is None or not cell.strip() for cell in given):
            return None
        x0, y0, x1, y1 = (_number(cell) for cell in given)
        return Box((label or "").strip(), x0, y0, x0 + x1 if self.sized else x1, y0 + y1 if self.sized else y1)


def _number(cell: str | None) -> float:
    try:
        return float(cell) if cell is not None else math.nan
    except ValueError:
        return math.nan
