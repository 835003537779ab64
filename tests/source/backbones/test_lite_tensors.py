"""Every tensor read without PyTorch equals the one that PyTorch loads into the built network."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.home import Home
from medgraft.source.backbones import lite_tensors
from medgraft.source.backbones.lite_tensors import lite_index, lite_state
from medgraft.source.backbones.resolve import resolve_backbone

NAME = "tf_efficientnet_lite0"


@pytest.mark.parametrize("channels", [1, 3])
def test_the_state_is_that_of_the_built_network(tmp_path, channels):
    built = resolve_backbone(NAME, home=Home(tmp_path)).build(channels).state_dict()
    read = lite_state(NAME, channels)
    assert set(read) == set(built)
    for name, value in built.items():
        assert read[name].dtype == value.numpy().dtype
        np.testing.assert_array_equal(read[name], value.numpy())


def test_the_index_is_for_the_pinned_file_only(monkeypatch):
    assert lite_index(NAME) is not None
    other = lite_tensors.LITES[NAME].__class__("p", "f", "0" * 64, 1, 224, 1)
    monkeypatch.setitem(lite_tensors.LITES, NAME, other)
    assert lite_index(NAME) is None
    assert lite_state(NAME, 3) is None


def test_a_backbone_without_an_index_has_none():
    assert lite_index("resnet50") is None
