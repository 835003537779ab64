"""From a plan to the network of an outline: an encoder with a decoder, inflated for volumes, or a U-Net of volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from medgraft.errors import ConfigError
from medgraft.source.backbones.backbone import Backbone
from medgraft.source.backbones.inflation import InflatedMaps
from medgraft.source.backbones.network import BackboneNetwork
from medgraft.transfer.segmentation.decoders import Decoder
from medgraft.transfer.segmentation.plan import Plan
from medgraft.transfer.segmentation.pyramid import Pyramid
from medgraft.transfer.segmentation.volumetric import volume_network

__all__ = ["EncoderDecoder", "NetworkSpec", "build_outliner"]


class EncoderDecoder(nn.Module):
    """Pixels (N, C, H, W) in [0, 1], sides multiples of 32 → logits (N, classes, H, W); where both parts are
    inflated, volumes (N, C, D, H, W) of any depth → (N, classes, D, H, W)."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, pixels: Tensor) -> Tensor:
        """See the class."""
        logits: Tensor = self.decoder(*self.encoder(pixels))
        return logits


@dataclass(frozen=True)
class NetworkSpec:
    """All that building takes, as plain data: ``channels`` of the pixels, ``classes`` with the background."""

    channels: int
    classes: int
    decoder: Literal["unet", "fpn"]
    width: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def restore(cls, plain: Mapping[str, Any]) -> NetworkSpec:
        """From what ``to_json`` gave. Raises ``TypeError`` for another thing."""
        return cls(**plain)


def build_outliner(
    spec: NetworkSpec, plan: Plan, backbone: Backbone | None, state: Mapping[str, Any] | None = None
) -> nn.Module:
    """The network in eval mode; what no source brings is drawn from the spec's seed. ``backbone``: the encoder, which a
    plan of volumes inflates (without one it gets a U-Net); ``state``: its weights, in place of its source's. Raises
    ``ConfigError`` where it gives no maps."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(spec.seed)
        if backbone is None and plan.dims == 3:
            return volume_network(plan, spec.channels, spec.classes, spec.width).eval()
        if backbone is None:
            raise ConfigError("segmentation in 2-D needs an encoder; give --backbone NAME")
        network = backbone.build(spec.channels * plan.planes, state)
        if not isinstance(network, BackboneNetwork):
            raise ConfigError(
                f"segmentation with the backbone {backbone.facts.name!r}: it is not one network; choose one, as "
                "tf_efficientnet_lite0"
            )
        encoder = Pyramid(network)
        decoder = Decoder(encoder.channels, encoder.strides, spec.classes, kind=spec.decoder, width=spec.width)
        if plan.dims == 3:
            return EncoderDecoder(InflatedMaps(encoder), InflatedMaps(decoder)).eval()
        return EncoderDecoder(encoder, decoder).eval()
