"""MONAI's DenseNet: ``denselayerN.layers.…`` and ``class_layers`` where torchvision has ``denselayerN.…`` and
``classifier``. Its encoders inside other networks are read by ``encoder``."""

from __future__ import annotations

from medgraft.source.weights.conventions.convention import CONVENTIONS, Convention

__all__: list[str] = []

CONVENTIONS.register("monai")(
    Convention(
        about="MONAI's DenseNet (spatial_dims=2) as torchvision's",
        renames=((r"(denselayer\d+)\.layers\.", r"\1."),),
        beside=(("class_layers.", "the source task's head"),),
    )
)
