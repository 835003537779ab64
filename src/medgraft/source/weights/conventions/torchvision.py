"""torchvision's own old files: DenseNet's layers as ``norm.1`` and ``conv.2``."""

from __future__ import annotations

from medgraft.source.weights.conventions.convention import CONVENTIONS, Convention

__all__: list[str] = []

CONVENTIONS.register("torchvision")(
    Convention(
        about="torchvision's names, DenseNet's old spelling included",
        renames=((r"(denselayer\d+\.(?:norm|conv|relu))\.([12])\.", r"\1\2."),),
    )
)
