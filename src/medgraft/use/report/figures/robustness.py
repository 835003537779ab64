"""Accuracy by the severity of each corruption, and the mean over all of them with its interval."""

from __future__ import annotations

from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.figures.figure import FIGURES, Figure, axis, floats, line, plain
from medgraft.use.report.wording import decimal, humane, split_name

__all__ = ["robustness"]

_MEAN = 1
"""The colour of the mean; corruptions have the next ones."""


@FIGURES.register("robustness")
def robustness(run: Artefacts) -> Figure | None:
    """What ``robustness.json`` holds; ``None`` where the run was not asked about worse pictures."""
    told = run.robustness
    if not told:
        return None
    mean = told["mean"]["accuracy"]
    severities = list(range(len(mean)))
    edge = [*severities, *severities[::-1]]
    band = [*[one["high"] for one in mean], *[one["low"] for one in mean][::-1]]
    filled = {"x": floats(edge), "y": floats(band), "fill": "toself", "fillcolor": f"var(--s{_MEAN})/0.15"}
    data: list[dict[str, Any]] = [
        {"type": "scatter", **filled, "mode": "none", "name": "95 % interval of the mean", "hoverinfo": "skip"}
    ]
    for number, item in enumerate(told["corruptions"], _MEAN + 1):
        values = [one["value"] for one in item["accuracy"]]
        data.append(line(severities, values, plain(humane(item["name"])), number, opacity=0.75))
    bold = line(severities, [one["value"] for one in mean], "Mean of all", _MEAN, mode="lines+markers")
    data.append({**bold, "line": {**bold["line"], "width": 4}})
    return Figure(
        "When pictures get worse",
        f"{split_name(str(told['split']))}: accuracy at the run’s own cuts, by how severe a corruption is; 0 is the "
        "picture as it is. The table under “When pictures get worse” has the numbers.",
        f"Mean accuracy over {len(told['corruptions'])} corruptions at severities 0 to {severities[-1]}: "
        f"{', '.join(decimal(one['value']) for one in mean)}.",
        data,
        {"xaxis": axis("Severity", dtick=1), "yaxis": axis("Accuracy", range=[0, 1.02])},
        420,
    )
