"""Dice over the true size: small structures lose more of it by the same error at their rim."""

from __future__ import annotations

import numpy as np

from medgraft.use.report.figures.figure import Figure, axis, floats, plain
from medgraft.use.report.located.log_axis import log_ticks
from medgraft.use.report.outlines.grouped import Group
from medgraft.use.report.outlines.run import OutlineRun
from medgraft.use.report.wording import clip, decimal, split_name

__all__ = ["dice_by_size"]

_MOST_CLASSES, _MOST_DOTS = 6, 600


def dice_by_size(run: OutlineRun, groups: dict[str, list[Group]]) -> Figure | None:
    """A dot a case; lines join the means of the thirds by size. ``None`` where no class has thirds."""
    shown = [label for label in run.base.labels if groups.get(label)][:_MOST_CLASSES]
    if not shown:
        return None
    rows, data, told = run.judged, [], []
    sizes = rows.loc[rows["label"].isin(shown) & (rows["volume_true"] > 0), "volume_true"]
    for number, label in enumerate(shown, 1):
        own = rows[(rows["label"] == label) & (rows["volume_true"] > 0) & rows["dice"].notna()]
        own = own.sort_values(["volume_true", "case_id"], kind="stable")
        own = own.iloc[np.unique(np.linspace(0, len(own) - 1, min(len(own), _MOST_DOTS)).round().astype(int))]
        colour = f"var(--s{number})"
        common = {"type": "scatter", "name": plain(label, 26), "legendgroup": plain(label)}
        dots = {"x": floats(own["volume_true"]), "y": floats(own["dice"]), "mode": "markers", "showlegend": False}
        data.append({**common, **dots, "marker": {"color": f"{colour}/0.5", "size": 6}})
        thirds = groups[label]
        middles = [float(np.sqrt(one.low * one.high)) for one in thirds]
        means = [one.overall["value"] for one in thirds]
        line = {"x": floats(middles), "y": means, "mode": "lines+markers", "line": {"color": colour, "width": 2.2}}
        data.append({**common, **line, "marker": {"color": colour, "size": 9}})
        told.append(f"{clip(label)}: from the smallest third {', '.join(decimal(mean) for mean in means)}")
    layout = {
        "xaxis": axis(
            f"True {run.size_word} in {run.size_unit}",
            type="log",
            tickvals=log_ticks(float(sizes.min()), float(sizes.max())),
        ),
        "yaxis": axis("Dice of a case", range=[-0.03, 1.03]),
        "showlegend": len(shown) > 1,
    }
    caption = f"{split_name(run.base.main or '')}. Faint dots are cases, joined ones the means of thirds by size."
    alt = f"Dice over true {run.size_word}, means of thirds. {'; '.join(told)}."
    return Figure("Dice by true size", caption, alt, data, layout)
