"""A network that outlines, with its BatchNorm, before the target's windows: what AdaBN and TENT change."""

from __future__ import annotations

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.batch_statistics import Given
from medgraft.transfer.adaptation.outlines.outline_adaptation import OutlinePair
from medgraft.transfer.models.freezing import batchnorms
from medgraft.transfer.training.placement import Placement

__all__ = ["given_of"]


def given_of(pair: OutlinePair, method: str, windows: int) -> Given:
    """A copy of the network, and at most ``windows`` of the target. Raises ``UsageError`` without BatchNorm."""
    network = pair.copied()
    if not batchnorms(network):
        raise UsageError(
            f"adapting by {method}: the network has no BatchNorm layers, which this method changes (a U-Net of volumes "
            "takes each case's own statistics, and needs none of another site); use entropy or output-adversarial"
        )
    placement = Placement(pair.device)
    feed, count = pair.windows(windows)
    return Given(placement.network(network).eval(), feed, count, placement, pair.seed, pair.until)
