"""What training leaves behind, as plain data (no torch), from which the network can be built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.backbones.resolve import backbone_from_facts
from medgraft.transfer.detection.plan import DetectionPlan
from medgraft.transfer.detection.settings import DetectorSpec

if TYPE_CHECKING:
    from torch import Tensor

    from medgraft.transfer.detection.network import Detector

__all__ = ["TrainedDetector", "arrays"]


@dataclass(frozen=True)
class TrainedDetector:
    """``state``: the backbone's, as ``Backbone.build`` reads it; ``head``: pyramid and head; ``channels`` of pixels."""

    backbone: BackboneFacts
    channels: int
    spec: DetectorSpec
    plan: DetectionPlan
    state: Mapping[str, NDArray[Any]]
    head: Mapping[str, NDArray[Any]]

    def build(self) -> Detector:
        """See ``assembled``."""
        from medgraft.transfer.detection.assembly import assembled  # torch: to build, not to describe

        source = backbone_from_facts(self.backbone)
        return assembled(source, self.channels, self.spec, self.plan, self.state, self.head)


def arrays(state: Mapping[str, Tensor]) -> dict[str, NDArray[Any]]:
    """Tensors as arrays of their own."""
    return {name: item.detach().cpu().contiguous().numpy().copy() for name, item in state.items()}
