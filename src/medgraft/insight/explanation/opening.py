"""From a bundle to what can be explained: a network with a gradient where there is one, else what can only be asked."""

from __future__ import annotations

import contextlib

from medgraft.errors import UsageError, WeightsError
from medgraft.insight.explanation.black_box import BlackBox
from medgraft.insight.explanation.drawn import Drawn, can_be_drawn
from medgraft.insight.explanation.explainer import Explained
from medgraft.source.embedding.engine import EngineUnavailable, Job
from medgraft.source.embedding.pixel_features import PixelFeatures
from medgraft.transfer.models.heads.head import Head

__all__ = ["open_network"]


def open_network(job: Job, head: Head, *, engine: str = "auto") -> Explained:
    """What answers with ``head`` on the features of ``job``; ``engine`` of the features where it can only be asked.

    Raises ``UsageError`` for a network that takes volumes whole: its map would be a volume.
    """
    if can_be_drawn(job, head):
        with contextlib.suppress(EngineUnavailable, WeightsError):  # PyTorch says the same, later
            return Drawn(job, head)
    from medgraft.insight.explanation.attributed import Attributed  # torch: to explain, not to offer the methods
    from medgraft.insight.explanation.log_odds import has_gradient

    parts = [part.backbone.facts for part in job.parts()]
    if any(facts.inflated for facts in parts):
        raise UsageError(
            "explaining: the network takes volumes whole, and maps are of pictures; fit with --set "
            "backbone.volumes=slices"
        )
    described = [facts.name for facts in parts if facts.descriptors]
    if described:
        reason = f"the features of {described[0]} are computed by hand-crafted rules"
    elif not has_gradient(head):
        reason = f"the run answers with a head of kind {head.kind!r}"
    else:
        return Attributed(job, head)
    return BlackBox(PixelFeatures(job, engine), head, reason)
