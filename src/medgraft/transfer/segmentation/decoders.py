"""What stands on an encoder, of segmentation-models-pytorch: the only place that imports it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from medgraft.errors import UsageError

try:
    from segmentation_models_pytorch.decoders.fpn.decoder import FPNDecoder
    from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
except ImportError:
    FPNDecoder = UnetDecoder = None

__all__ = ["Decoder"]

_GROUPS = 32
"""Of the group normalisation in the pyramid network."""


class Decoder(nn.Module):
    """Maps of an encoder, finest first, at strides that double → logits (N, classes, H, W) of the pixels.

    ``width``: channels of the last block; each block before it has twice as many. Raises ``UsageError`` where the
    package is missing.
    """

    def __init__(
        self, channels: Sequence[int], strides: Sequence[int], classes: int, *, kind: Literal["unet", "fpn"], width: int
    ) -> None:
        super().__init__()
        if UnetDecoder is None:
            raise UsageError(
                "segmentation of pictures needs segmentation-models-pytorch: pip install 'medgraft[segmentation]'"
            )
        self.kind, self.first = kind, strides[0]
        # its decoders expect the picture itself first; it is never read, only its size is
        if kind == "unet":
            widths = [width * 2**place for place in reversed(range(len(channels)))]
            widths = [min(wide, 256) for wide in widths]
            self.body = UnetDecoder([0, *channels], widths, n_blocks=len(channels))
            last = widths[-1]
        else:
            wide = -(-4 * width // _GROUPS) * _GROUPS
            self.body = FPNDecoder([0, *channels][-5:], 5, 2 * wide, wide, dropout=0.0)
            last = self.body.out_channels
        self.head = nn.Conv2d(last, classes, 3, padding=1)

    def forward(self, *maps: Tensor) -> Tensor:
        """See the class."""
        size = (maps[0].shape[2] * self.first, maps[0].shape[3] * self.first)
        blank = maps[0].new_zeros((len(maps[0]), 0, *size))
        features = [blank, *maps]
        logits: Tensor = self.head(self.body(features if self.kind == "unet" else features[-5:]))
        if logits.shape[2:] == torch.Size(size):
            return logits
        return F.interpolate(logits, size, mode="bilinear", align_corners=False)
