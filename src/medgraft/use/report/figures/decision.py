"""Decision curve: the net benefit of acting on the model, beside treating everybody and nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.use.report.figures.figure import Figure, axis, floats, line
from medgraft.use.report.wording import decimal, percent, split_name

__all__ = ["decision"]


def decision(part: str, entry: Mapping[str, Any]) -> Figure | None:
    """Of the ``decision`` curve of one part in ``trust.json``."""
    found = entry.get("decision")
    if not found:
        return None
    at, model, everybody = found["thresholds"], found["model"], found["treat_all"]
    data = [
        {
            "type": "scatter",
            "mode": "none",
            "x": floats([*at, *at[::-1]]),
            "y": floats([*model["high"], *model["low"][::-1]]),
            "fill": "toself",
            "fillcolor": "var(--s1)/0.15",
            "name": "95 % interval of the model",
            "hoverinfo": "skip",
        },
        line(at, model["value"], "Act on the model", 1),
        line(at, everybody["value"], "Treat everybody", 2),
        line([at[0], at[-1]], [0, 0], "Treat nobody", 3),
    ]
    best = found["prevalence"]
    places = [int(share * (len(at) - 1)) for share in (0.1, 0.25, 0.5)]
    told = [f"{decimal(model['value'][place])} from {percent(at[place], 0)}" for place in places]
    return Figure(
        "Is acting on it worth while?",
        f"{split_name(part)}, at a prevalence of {percent(best)}. Net benefit in true calls a case, by the probability "
        "from which one would act: at 10 %, a missed case is held for nine times as bad as a needless treatment.",
        f"Net benefit of the model: {', '.join(told)}.",
        data,
        {
            "xaxis": axis("Probability from which one would act", range=[0, 1]),
            "yaxis": axis("Net benefit", range=[-0.1 * best, 1.1 * best]),
        },
    )
