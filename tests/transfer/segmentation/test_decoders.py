"""Decoders give logits of the pixels' size, and say what is missing."""

import pytest
import torch

from medgraft.errors import UsageError
from medgraft.transfer.segmentation import decoders
from medgraft.transfer.segmentation.decoders import Decoder


@pytest.mark.parametrize("kind", ["unet", "fpn"])
@pytest.mark.parametrize("strides", [[2, 4, 8, 16, 32], [4, 8, 16, 32]])
def test_logits_have_the_size_of_the_pixels(kind, strides):
    pytest.importorskip("segmentation_models_pytorch")
    channels = [8 * (place + 1) for place in range(len(strides))]
    decoder = Decoder(channels, strides, 3, kind=kind, width=8).eval()
    maps = [torch.rand(2, wide, 64 // stride, 96 // stride) for wide, stride in zip(channels, strides, strict=True)]
    logits = decoder(*maps)
    assert logits.shape == (2, 3, 64, 96)
    logits.sum().backward()
    assert all(item.grad is not None for item in decoder.parameters())


def test_a_missing_package_is_told(monkeypatch):
    monkeypatch.setattr(decoders, "UnetDecoder", None)
    with pytest.raises(UsageError, match="pip install"):
        Decoder([8], [2], 2, kind="unet", width=8)
