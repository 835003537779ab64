"""A trained detector as a network again: the backbone from its own weights, pyramid and head from theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from medgraft.errors import ArtifactError
from medgraft.source.backbones.backbone import Backbone
from medgraft.transfer.detection.network import Detector, build_detector
from medgraft.transfer.detection.plan import DetectionPlan
from medgraft.transfer.detection.pyramid import cut_pyramid, find_levels
from medgraft.transfer.detection.settings import DetectorSpec

__all__ = ["assembled"]

State = Mapping[str, NDArray[Any]]


def assembled(
    source: Backbone, channels: int, spec: DetectorSpec, plan: DetectionPlan, state: State, head: State
) -> Detector:
    """In eval mode, over pixels (N, ``channels``, S, S) in [0, 1]. Raises ``ArtifactError`` where weights and
    description do not fit."""
    bare = source.build(channels, state)
    levels = find_levels(bare, source.stages(bare), plan.strides)
    whole = cut_pyramid(bare, levels, ()).learning
    with torch.random.fork_rng(devices=[]):
        detector = build_detector(spec, plan, whole, [level.channels for level in levels])
    given = {name: torch.from_numpy(np.array(item)) for name, item in head.items()}
    wanted = detector.head_state()
    if {name: item.shape for name, item in given.items()} != {name: item.shape for name, item in wanted.items()}:
        raise ArtifactError(
            f"building the detector: the weights of its head ({len(given)} tensors) are not those that its description "
            f"asks for ({len(wanted)}); train it again"
        )
    detector.model.load_state_dict(given, strict=False)  # the rest is the backbone's, loaded above
    return detector.eval()
