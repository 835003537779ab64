"""TorchXRayVision: torchvision's DenseNet-121 on one channel, whose pixels range from -1024 to 1024.

Its ``normalize`` maps p in [0, 1] to (2 p - 1) · 1024 = (p - 1/2) / (1/2048). Nothing in the tensors says so, hence
the convention is to be named. Source: Cohen et al. 2022, TorchXRayVision: A library of chest X-ray datasets and models.
"""

from __future__ import annotations

from medgraft.source.weights.conventions.convention import CONVENTIONS, Convention, SourceInput

__all__: list[str] = []

CONVENTIONS.register("torchxrayvision")(
    Convention(
        about="DenseNet-121 on one channel, pixels from -1024 to 1024; name it with --convention",
        beside=(("op_threshs", "the operating points of the source task"),),
        input=SourceInput(mean=0.5, std=1 / 2048, size=224, interpolation="bilinear"),
    )
)
