"""What is read off a stage, place by place.

A stage gives two statistics a channel (``source.backbones.readout``): the mean of its magnitude, and its standard
deviation over the picture. Both are means over places: of ``|a|``, and of ``(a − mean)² / deviation``. So each place
has a share in each, and the shares add up to the statistic: no slope of a root is needed to lay it on the picture.
"""

from __future__ import annotations

import torch
from torch import Tensor

from medgraft.insight.explanation.explainer import Reading
from medgraft.insight.explanation.places import gridded
from medgraft.source.backbones.readout import VARIANCE_FLOOR, channels_of

__all__ = ["map_reading", "statistics_reading"]


def map_reading(name: str, output: Tensor, slope: Tensor, prefix: int | None) -> Reading | None:
    """A stage (its output for one picture, and how the evidence changes with it) that is read as it is; ``None`` where
    it has no places."""
    values, slopes = gridded(output, prefix), gridded(slope, prefix)
    if values is None or slopes is None:
        return None
    return Reading(name, values.double().cpu().numpy(), slopes.double().cpu().numpy())


def statistics_reading(name: str, output: Tensor, slope: Tensor, prefix: int | None) -> Reading | None:
    """A stage that is read by its statistics; ``slope`` (2 C,): how the evidence changes with these."""
    width = channels_of(output)
    if width is None:
        return None
    last = output.ndim == 3 or output.shape[1] != width
    rows = output.detach().double().movedim(-1 if last else 1, -1)
    places = tuple(range(1, rows.ndim - 1))
    count = rows[0, ..., 0].numel()
    spread = (rows - rows.mean(dim=places, keepdim=True)) ** 2
    deviation = (spread.mean(dim=places, keepdim=True) + VARIANCE_FLOOR).sqrt()
    shares = torch.cat([rows.abs(), spread / deviation], dim=-1)
    values = gridded(shares if output.ndim == 3 else shares.movedim(-1, 1), prefix)
    if values is None:
        return None
    slopes = (slope.double() / count).reshape(-1, 1, 1).expand_as(values)
    return Reading(name, values.cpu().numpy(), slopes.cpu().numpy())
