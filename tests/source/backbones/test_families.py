"""The contract suite of backbone families: every registered family, on small members."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medgraft.errors import UsageError
from medgraft.source.backbones.backbone import FAMILIES
from medgraft.source.backbones.construction import measure, network_stages, seeded_body
from medgraft.source.backbones.custom import register_backbone
from medgraft.source.backbones.families import all_families, backbone_names, family_of
from medgraft.source.backbones.network import BackboneNetwork
from medgraft.source.backbones.stages import check_partition


def _tiny() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.AdaptiveAvgPool2d(1))


register_backbone("test-tiny", _tiny, size=16, mean=(0.1, 0.2, 0.3), std=(1.0, 1.0, 1.0), licence="mine")

MEMBERS = {
    "timm": ["resnet18", "tf_efficientnet_lite0", "vit_tiny_patch16_224", "mobilenetv3_small_050"],
    "torchvision": ["torchvision/resnet18", "torchvision/squeezenet1_1", "torchvision/shufflenet_v2_x0_5"],
    "custom": ["test-tiny"],
}


def test_every_family_is_in_this_suite() -> None:
    known = {*MEMBERS, "handcrafted"}  # the family without networks has its own tests
    assert len(all_families()) == len(FAMILIES) == len(known)
    assert set(FAMILIES) == known
    names = backbone_names()
    assert set(names) == known and len(names["timm"]) > 500 and len(names["torchvision"]) > 50


@pytest.mark.parametrize("name", [name for names in MEMBERS.values() for name in names])
def test_contract(name: str) -> None:
    family = family_of(name)
    assert family.knows(name) and name in family.names()
    preprocessing = family.default_preprocessing(name)
    assert set(preprocessing) == {"size", "mean", "std", "interpolation"}
    assert len(preprocessing["mean"]) == len(preprocessing["std"]) == 3
    assert set(family.origin(name)) == {"url", "licence", "trained_on"}
    body = seeded_body(name)
    assert not body.training
    measured = measure(name, preprocessing["size"])
    assert measured.parameters == sum(item.numel() for item in body.parameters())
    with torch.no_grad():
        features = body(torch.zeros(1, 3, preprocessing["size"], preprocessing["size"])).flatten(1)
    scaling = {"mean": preprocessing["mean"], "std": preprocessing["std"]}
    network = BackboneNetwork(body, channels=1, **scaling, readout=measured.readout)
    with torch.no_grad():
        read = network(torch.zeros(1, 1, preprocessing["size"], preprocessing["size"]))
    assert read.shape == (1, measured.feature_dim) and bool(torch.isfinite(read).all())
    assert measured.feature_dim == features.shape[1] + 2 * sum(channels for _, channels in measured.readout)
    stages = network_stages(name, network)
    assert check_partition(network, stages)
    assert len({label for label, _ in stages}) == len(stages) >= 1
    assert stages[0][1][0] == next(iter(network.named_parameters()))[0]
    heads = family.head_prefixes(name, body)
    assert not [key for key in body.state_dict() for head in heads if key.startswith(head + ".")]


@pytest.mark.parametrize(
    ("wrong", "right"), [("resnet-50", "resnet50"), ("torchvision/resnt18", "torchvision/resnet18")]
)
def test_unknown_name_names_the_nearest(wrong: str, right: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean '{right}'"):
        family_of(wrong)
