"""timm's networks: tags, stages, and where their weights are to be had."""

from __future__ import annotations

from medgraft.source.backbones.construction import network_stages, seeded_body
from medgraft.source.backbones.families import family_of
from medgraft.source.backbones.timm_family import TimmFamily


def test_vision_transformer_stages_keep_the_token_and_its_order() -> None:
    body = seeded_body("vit_tiny_patch16_224")
    labels = [label for label, _ in network_stages("vit_tiny_patch16_224", body)]
    assert labels[1:13] == [f"blocks.{index}" for index in range(12)]


def test_tags_that_do_not_exist_are_unknown() -> None:
    family = TimmFamily()
    assert family.knows("resnet18") and family.knows("resnet18.a1_in1k") and family.knows("resnet18[pad_type=same]")
    assert not family.knows("resnet18.nobody") and not family.knows("hf-hub:timm/resnet18")


def test_origin_names_licence_and_training_data() -> None:
    origin = family_of("resnet18.a1_in1k").origin("resnet18.a1_in1k")
    assert origin["url"].endswith(".safetensors") and origin["trained_on"] == "ImageNet-1k"
    assert origin["licence"] == "apache-2.0"


def test_fixed_size_networks_say_their_size() -> None:
    assert TimmFamily().default_preprocessing("vit_small_patch14_dinov2")["size"] == 518
    assert TimmFamily().default_preprocessing("vit_tiny_patch16_224[img_size=96]")["size"] == 96
