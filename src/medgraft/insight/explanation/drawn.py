"""The default backbone under a linear head, looked into without PyTorch: ``Attributed`` in a fraction of its time.

Features come from the engine that embeds, the head's slope in closed form, and the slopes of the stages from a graph
that is drawn backwards (``lite_slopes``). Slopes of single pixels are asked of ``Attributed``, which is built then.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medgraft.insight.explanation.explainer import Explained, Reading
from medgraft.insight.explanation.fusing import FINE
from medgraft.insight.explanation.linear_odds import LinearOdds, has_closed_form
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.lite_slopes import LiteSlopes
from medgraft.source.embedding.openvino_engine import OpenVinoKind, is_drawn
from medgraft.source.embedding.pixel_features import PixelFeatures
from medgraft.transfer.models.heads.head import Head

__all__ = ["Drawn", "can_be_drawn"]


def can_be_drawn(job: Job, head: Head) -> bool:
    """Whether the network and the head are those."""
    fits = OpenVinoKind.installed() and OpenVinoKind.serves(job) and is_drawn(job)
    return fits and has_closed_form(head)


class Drawn:
    """An ``Explained`` network with a gradient. Raises ``EngineUnavailable`` where the engine cannot be had."""

    no_gradient = ""

    def __init__(self, job: Job, head: Head) -> None:
        self._job, self._head, self._odds = job, head, LinearOdds(head)
        self._features = PixelFeatures(job, OpenVinoKind.name)
        self._slopes = LiteSlopes(job, most=FINE[1])

    def evidence(self, pixels: NDArray[np.float32], target: int) -> NDArray[np.float64]:
        """See the contract."""
        return self._odds.evidence(self._features(pixels), target)

    def slopes(self, pixels: NDArray[np.float32], target: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """See the contract."""
        return self._attributed.slopes(pixels, target)

    def readings(self, pixels: NDArray[np.float32], target: int) -> Sequence[Reading]:
        """See the contract."""
        by_feature = self._odds.slopes(self._features(pixels[:1]), target)[0]
        return [Reading(*stage) for stage in self._slopes(pixels[:1], by_feature)]

    @cached_property
    def _attributed(self) -> Explained:
        from medgraft.insight.explanation.attributed import Attributed  # torch: for slopes of pixels only

        return Attributed(self._job, self._head)
