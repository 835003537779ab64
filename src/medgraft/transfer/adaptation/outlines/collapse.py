"""Whether an adapted model that outlines has collapsed: what it outlines has gone, or has taken everything.

What is expected is the share of pixels that each structure has in the source model's outlines of its own site. Signs,
in words: nothing or next to nothing is left of the foreground, or of one structure; next to nothing is left of the
background. They are signs, not tests: at a site without the disease nothing is right.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["outline_collapse"]

_LEFT = 0.1
"""Share of what is expected below which it has gone."""


def outline_collapse(expected: Mapping[str, float], found: Mapping[str, float]) -> str | None:
    """Why ``found``, the share of pixels of each structure that the adapted model outlines at the target, looks
    collapsed beside ``expected``, the source model's at its own site; ``None`` where nothing is seen."""
    usual, now = sum(expected.values()), sum(found.values())
    if usual > 0 and now < _LEFT * usual:
        return f"next to nothing is outlined: {now:.2%} of the pixels, where {usual:.2%} are at the source"
    if usual < 1 and 1 - now < _LEFT * (1 - usual):
        return f"nearly everything is outlined: {now:.0%} of the pixels, where {usual:.0%} are at the source"
    for label, share in expected.items():
        if share > 0 and found.get(label, 0.0) < _LEFT * share:
            return (
                f"next to nothing of {label} is outlined: {found.get(label, 0.0):.2%} of the pixels, where {share:.2%} "
                "are at the source"
            )
    return None
