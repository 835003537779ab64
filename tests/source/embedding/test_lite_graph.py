"""The drawn network gives the features of eager PyTorch on fresh pictures, for one channel and for three."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.home import Home
from medgraft.source.backbones.lite_tensors import lite_state
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.lite_graph import draw_lite
from medgraft.source.embedding.openvino_engine import openvino_library

NAME = "tf_efficientnet_lite0"


@pytest.mark.parametrize(("channels", "size"), [(1, 224), (3, 160)])
def test_drawn_equals_eager(tmp_path, channels, size):
    backbone = resolve_backbone(NAME, home=Home(tmp_path))
    library, facts = openvino_library(), backbone.facts
    scaling = (facts.mean, facts.std)
    model = draw_lite(library, lite_state(NAME, channels), channels=channels, size=size, scaling=scaling)
    compiled = library.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    pictures = np.random.default_rng(5).random((2, channels, size, size), dtype=np.float32)
    drawn = np.concatenate([compiled(picture[None])[0] for picture in pictures])
    with torch.inference_mode():
        eager = backbone.build(channels)(torch.from_numpy(pictures)).numpy()
    assert drawn.shape == eager.shape == (2, facts.feature_dim)
    np.testing.assert_allclose(drawn, eager, atol=1e-4)
