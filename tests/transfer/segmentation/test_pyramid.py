"""Maps of a backbone at every scale, whatever its family."""

import pytest
import torch

from medgraft.errors import ConfigError
from medgraft.home import Home
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.transfer.segmentation.pyramid import Pyramid


@pytest.mark.parametrize(
    ("name", "strides", "channels"),
    [
        ("tf_efficientnet_lite0", [2, 4, 8, 16, 32], [16, 24, 40, 112, 320]),
        ("resnet18", [2, 4, 8, 16, 32], [64, 64, 128, 256, 512]),
        ("torchvision/resnet18", [2, 4, 8, 16, 32], [64, 64, 128, 256, 512]),
        ("convnext_atto", [4, 8, 16, 32], [40, 80, 160, 320]),
        ("regnety_002", [2, 4, 8, 16, 32], [32, 24, 56, 152, 368]),
    ],
)
def test_maps_of_every_size(name, strides, channels, tmp_path):
    backbone = resolve_backbone(name, weights="random", home=Home.find(tmp_path), seed=0)
    pyramid = Pyramid(backbone.build(1)).eval()
    assert (pyramid.strides, pyramid.channels) == (strides, channels)
    with torch.no_grad():
        maps = pyramid(torch.rand(2, 1, 64, 96))
    assert [tuple(one.shape) for one in maps] == [
        (2, wide, 64 // stride, 96 // stride) for wide, stride in zip(channels, strides, strict=True)
    ]


def test_a_network_of_tokens_is_refused(tmp_path):
    backbone = resolve_backbone("vit_tiny_patch16_224", weights="random", home=Home.find(tmp_path), seed=0)
    with pytest.raises(ConfigError, match="convolutional"):
        Pyramid(backbone.build(3))
