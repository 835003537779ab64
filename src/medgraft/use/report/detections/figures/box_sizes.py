"""The sizes of the true boxes that are found and of those that are missed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from medgraft.use.report.figures.figure import Figure, axis
from medgraft.use.report.located.log_axis import log_ticks
from medgraft.use.report.wording import counted

__all__ = ["box_sizes"]

_BINS = 16


def box_sizes(sizes: pd.DataFrame) -> Figure | None:
    """Bars of counts over the side (root of the area), found upon missed; ``sizes`` as ``found_sizes`` gives them."""
    sides = sizes["side"].to_numpy(dtype=np.float64)
    sides = sides[sides > 0]
    if len(sides) < 2 or sides.min() == sides.max():
        return None
    edges = np.geomspace(sides.min(), sides.max() * 1.0001, _BINS + 1)
    middles, widths = np.sqrt(edges[:-1] * edges[1:]), np.diff(edges)
    data: list[dict[str, Any]] = []
    for name, number, chosen in (("found", 1, True), ("missed", 2, False)):
        counts, _ = np.histogram(sizes.loc[sizes["found"] == chosen, "side"], bins=edges)
        marker = {"color": f"var(--s{number})/0.6", "line": {"color": f"var(--s{number})", "width": 1}}
        bars = {"x": [round(float(x), 3) for x in middles], "y": [int(c) for c in counts], "marker": marker}
        data.append({"type": "bar", "name": name, "width": [round(float(w), 3) for w in widths], **bars})
    found = sizes.loc[sizes["found"], "side"]
    missed = sizes.loc[~sizes["found"], "side"]
    told = "; ".join(
        f"{counted(len(one), 'box', 'boxes')} {name}, middle size {one.median():.0f} pixels"
        for name, one in (("found", found), ("missed", missed))
        if len(one)
    )
    ticks = log_ticks(float(edges[0]), float(edges[-1]))
    layout = {
        "xaxis": axis("Size of the true box (root of its area, pixels)", type="log", tickvals=ticks),
        "yaxis": axis("True boxes"),
        "barmode": "stack",
    }
    caption = "True boxes of all classes at the operating score, by size: are the missed ones the small ones?"
    return Figure("Found and missed by size", caption, f"Bars. {told}.", data, layout)
