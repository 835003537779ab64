"""Pictures with lines over them, for the page: one, or several that are scrolled through with a slider.

A picture stands in the page as it was stored; the lines are drawn over it as SVG paths in the picture's own
coordinates, x to the right and y down, (0, 0) the outer corner of the first pixel. They stay sharp at any size and can
be hidden. Colours are ``--o1`` … ``--o8`` of the style sheet, the same in light and dark, because pictures are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["COLOURS", "Key", "Layer", "Line", "Stack", "box_path", "spread_out"]

COLOURS = 8


@dataclass(frozen=True)
class Line:
    """A path. ``colour`` counts from 1; ``dashed`` is the truth; ``faint`` is thin; ``title`` is told on hover."""

    path: str
    colour: int
    dashed: bool = False
    faint: bool = False
    title: str = ""


@dataclass(frozen=True)
class Layer:
    """One picture, ``width`` × ``height`` the size in which its lines are given; ``name`` as ``slice 12``."""

    name: str
    source: str
    width: float
    height: float
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Stack:
    """One case. ``start``: the index of the layer that is seen first; ``note``: what was left out of it."""

    title: str
    case_id: str
    text: list[str]
    layers: list[Layer]
    start: int = 0
    note: str = ""

    @property
    def aspect(self) -> float:
        """Width over height of the place that it gets, within 2 : 3 and 2 : 1."""
        first = self.layers[self.start]
        return min(2.0, max(2 / 3, first.width / first.height))


@dataclass(frozen=True)
class Key:
    """One entry of the legend: what a line of this look means."""

    text: str
    colour: int
    dashed: bool = False
    faint: bool = False


def box_path(x0: float, y0: float, x1: float, y1: float) -> str:
    """A rectangle from its corners."""
    return f"M{x0:.1f} {y0:.1f}H{x1:.1f}V{y1:.1f}H{x0:.1f}Z"


def spread_out(sizes: list[int], budget: int) -> list[int]:
    """Indices of the pictures of ``sizes`` bytes to keep: all, or every 2nd, 3rd, … so that they fit the budget.

    Empty where not even one fits.
    """
    for step in range(1, len(sizes) + 1):
        kept = list(range((len(sizes) - 1) % step // 2, len(sizes), step))
        if sum(sizes[index] for index in kept) <= budget:
            return kept
    return []
