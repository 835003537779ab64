"""Dice at each site, with its interval."""

from __future__ import annotations

from medgraft.use.report.figures.figure import Figure, axis, floats, plain
from medgraft.use.report.outlines.grouped import Group
from medgraft.use.report.outlines.run import OutlineRun
from medgraft.use.report.wording import clip, counted, estimate_text, split_name

__all__ = ["dice_by_site"]

_MOST_SITES = 20


def dice_by_site(run: OutlineRun, groups: list[Group]) -> Figure | None:
    """One point a site; ``None`` where fewer than two are known."""
    shown = [group for group in groups if group.overall["value"] is not None][:_MOST_SITES]
    if len(shown) < 2:
        return None
    names = [plain(f"{clip(group.name, 22)} ({group.cases})", 30) for group in shown]
    found = [group.overall for group in shown]
    ends = [(one["low"], one["high"]) if one["low"] is not None else (one["value"], one["value"]) for one in found]
    point = {
        "type": "scatter",
        "mode": "markers",
        "x": floats([one["value"] for one in found]),
        "y": names,
        "marker": {"color": "var(--s1)", "size": 10},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": floats([high - one["value"] for one, (_, high) in zip(found, ends, strict=True)]),
            "arrayminus": floats([one["value"] - low for one, (low, _) in zip(found, ends, strict=True)]),
            "color": "var(--s1)",
            "thickness": 1.6,
            "width": 4,
        },
    }
    lowest = min(low for low, _ in ends)
    layout = {
        "xaxis": axis("Mean Dice", range=[max(-0.02, lowest - 0.1), 1.02]),
        "yaxis": axis("", type="category", range=[len(shown) - 0.4, -0.6], showgrid=False),
        "showlegend": False,
    }
    caption = f"{split_name(run.base.main or '')}. In brackets the number of cases; bars are 95 % intervals."
    told = "; ".join(f"{clip(g.name)}, {counted(g.cases, 'case')}: {estimate_text(g.overall)}" for g in shown)
    return Figure("Dice by site", caption, f"{told}.", [point], layout, max(220, 110 + 42 * len(shown)))
