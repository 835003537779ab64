"""torchvision's classifiers: where they are cut, and the preprocessing of their own weights."""

from __future__ import annotations

import pytest

from medgraft.source.backbones.construction import measure, seeded_body
from medgraft.source.backbones.families import family_of


def _pooled(name: str, size: int) -> int:
    measured = measure(name, size)
    return measured.feature_dim - 2 * sum(channels for _, channels in measured.readout)


def test_torchvision_squeezenet_loses_its_classifying_convolution() -> None:
    assert _pooled("torchvision/squeezenet1_1", 64) == 512
    assert (
        family_of("torchvision/squeezenet1_1").head_prefixes(
            "torchvision/squeezenet1_1", seeded_body("torchvision/squeezenet1_1")
        )[0]
        == "classifier.1"
    )


@pytest.mark.parametrize("name", ["torchvision/googlenet", "torchvision/inception_v3"])
def test_two_networks_normalise_with_halves_and_drop_their_auxiliary_heads(name: str) -> None:
    family = family_of(name)
    assert family.default_preprocessing(name)["mean"] == family.default_preprocessing(name)["std"] == (0.5, 0.5, 0.5)
    assert _pooled(name, 299) in (1024, 2048)
    assert {"aux1", "AuxLogits"} <= set(family.head_prefixes(name, seeded_body("torchvision/squeezenet1_1")))


def test_preprocessing_is_that_of_the_weights() -> None:
    assert family_of("torchvision/resnet18").default_preprocessing("torchvision/resnet18") == {
        "size": 224,
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
        "interpolation": "bilinear",
    }
