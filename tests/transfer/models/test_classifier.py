"""The torch classifier starts as the numpy head and goes back to it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.errors import ArtifactError
from medgraft.transfer.models.classifier import Classifier
from medgraft.transfer.models.freezing import PartlyFrozen
from medgraft.transfer.models.heads.linear import LinearHead


def head(classes: int = 3, features: int = 4) -> LinearHead:
    draws = np.random.default_rng(0)
    return LinearHead(
        draws.normal(size=(classes, features)).astype(np.float32), draws.normal(size=classes).astype(np.float32)
    )


def backbone(features: int = 4) -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, features, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()


def test_logits_equal_those_of_the_head() -> None:
    network, linear = backbone(), head()
    pixels = torch.rand(5, 1, 8, 8)
    with torch.inference_mode():
        got = Classifier(PartlyFrozen(network), linear)(pixels).numpy()
        wanted = linear.logits(network(pixels).numpy())
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_the_head_comes_back_as_independent_arrays() -> None:
    linear = head()
    classifier = Classifier(PartlyFrozen(backbone()), linear)
    back = classifier.linear_head()
    np.testing.assert_array_equal(back.weight, linear.weight)
    np.testing.assert_array_equal(back.bias, linear.bias)
    with torch.no_grad():
        for item in classifier.parameters():
            item.zero_()
    assert np.abs(back.weight).sum() > 0


def test_no_global_draw_and_no_memory_shared_with_the_numpy_head() -> None:
    state, linear = torch.get_rng_state(), head()
    kept = linear.weight.copy()
    classifier = Classifier(PartlyFrozen(nn.Identity()), linear)
    with torch.no_grad():
        classifier.head.weight.zero_()
    np.testing.assert_array_equal(linear.weight, kept)
    assert torch.equal(torch.get_rng_state(), state)


def test_features_of_another_width_are_an_error() -> None:
    with pytest.raises(ArtifactError, match="same backbone"):
        Classifier(PartlyFrozen(backbone(5)), head(features=4))(torch.rand(2, 1, 8, 8))
