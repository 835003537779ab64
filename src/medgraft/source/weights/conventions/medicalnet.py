"""MedicalNet: 3-D ResNets (``module.conv1.weight`` with a kernel of three dimensions).

The networks here are 2-D, so that such a file is read, its names are matched, and every convolution is told as a
kernel of another dimension. Source: Chen et al. 2019, Med3D: Transfer Learning for 3D Medical Image Analysis.
"""

from __future__ import annotations

from medgraft.source.weights.conventions.convention import CONVENTIONS, Convention

__all__: list[str] = []

CONVENTIONS.register("medicalnet")(
    Convention(
        about="3-D ResNets; told layer by layer, for no network here has 3-D kernels",
        beside=(("conv_seg.", "the source task's segmentation head"),),
    )
)
