"""What training leaves behind, as plain data, and the network that is built from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgraft.errors import ArtifactError
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.backbones.resolve import backbone_from_facts
from medgraft.transfer.detection.network import Detector, DetectorSpec, build_detector
from medgraft.transfer.detection.plan import DetectionPlan
from medgraft.transfer.detection.pyramid import cut_pyramid, find_levels

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
        """The network in eval mode, over pixels (N, C, S, S) in [0, 1]. Raises ``ArtifactError`` where weights and
        description do not fit."""
        source = backbone_from_facts(self.backbone)
        bare = source.build(self.channels, self.state)
        levels = find_levels(bare, source.stages(bare), self.plan.strides)
        whole = cut_pyramid(bare, levels, ()).learning
        with torch.random.fork_rng(devices=[]):
            detector = build_detector(self.spec, self.plan, whole, [level.channels for level in levels])
        given = {name: torch.from_numpy(np.array(item)) for name, item in self.head.items()}
        wanted = detector.head_state()
        if {name: item.shape for name, item in given.items()} != {name: item.shape for name, item in wanted.items()}:
            raise ArtifactError(
                f"building the detector: the weights of its head ({len(given)} tensors) are not those that its "
                f"description asks for ({len(wanted)}); train it again"
            )
        detector.model.load_state_dict(given, strict=False)  # the rest is the backbone's, loaded above
        return detector.eval()


def arrays(state: Mapping[str, Tensor]) -> dict[str, NDArray[Any]]:
    """Tensors as arrays of their own."""
    return {name: item.detach().cpu().contiguous().numpy().copy() for name, item in state.items()}
