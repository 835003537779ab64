"""What is read off the stages equals numpy's own mean and deviation, whichever way the axes lie."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medgraft.home import Home
from medgraft.source.backbones import readout
from medgraft.source.backbones.readout import channels_of, choose_readout, statistics, tapped
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding import lite_graph


def _by_numpy(rows: np.ndarray) -> np.ndarray:
    """(N, places, C) → (N, 2 C)."""
    spread = np.sqrt(rows.var(axis=1) + readout.VARIANCE_FLOOR)
    return np.concatenate([np.abs(rows).mean(axis=1), spread], axis=1)


def test_statistics_are_numpys_whichever_way_the_axes_lie() -> None:
    maps = np.random.default_rng(0).normal(1.0, 2.0, (3, 5, 7, 7)).astype(np.float32)
    rows = maps.reshape(3, 5, 49).transpose(0, 2, 1)
    layouts = [maps, maps.transpose(0, 2, 3, 1), rows]
    for layout in layouts:
        tensor = torch.from_numpy(np.ascontiguousarray(layout))
        assert channels_of(tensor) == 5
        np.testing.assert_allclose(statistics(tensor, 5).numpy(), _by_numpy(rows), rtol=1e-5, atol=1e-6)


def test_a_constant_channel_has_a_finite_slope() -> None:
    maps = torch.zeros(1, 2, 4, 4, requires_grad=True)
    statistics(maps, 2).sum().backward()  # type: ignore[no-untyped-call]
    assert maps.grad is not None and bool(torch.isfinite(maps.grad).all())


@pytest.mark.parametrize("output", [torch.zeros(2, 3), (torch.zeros(1, 2, 3, 3),), None])
def test_what_is_no_map_is_not_read(output: object) -> None:
    assert channels_of(output) is None


class _Deep(nn.Module):
    """Nine blocks, then the mean of the last."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        ends = zip([3, *widths[:-1]], widths, strict=True)
        self.blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(one, other, 1), nn.ReLU()) for one, other in ends)

    def forward(self, pixels: Tensor) -> Tensor:
        for block in self.blocks:
            pixels = block(pixels)
        return pixels.mean(dim=(2, 3))


def test_seven_of_many_stages_are_read_and_the_last_is_the_pooled_output_already() -> None:
    body = _Deep([4, 5, 6, 7, 8, 9, 10, 11, 12])
    stages = [(f"blocks.{n}", [f"blocks.{n}.0.weight", f"blocks.{n}.0.bias"]) for n in range(9)]
    pooled, chosen = choose_readout(body, stages, torch.zeros(1, 3, 8, 8))
    assert pooled.shape == (1, 12)
    names = [name for name, _ in chosen]
    assert len(chosen) == 7 and names == sorted(set(names)) and names[-1] == "blocks.7"
    assert all(channels == 4 + int(name[-1]) for name, channels in chosen)


def test_taps_are_gone_afterwards() -> None:
    body = _Deep([4, 4])
    with pytest.raises(RuntimeError), tapped(body, ["blocks.0"]):
        body(torch.zeros(1, 5, 8, 8))
    assert not [hook for module in body.modules() for hook in module._forward_hooks]


def test_the_drawn_network_has_the_same_floor() -> None:
    assert lite_graph._VARIANCE_FLOOR == readout.VARIANCE_FLOOR


def test_pooled_alone_is_the_first_part(tmp_path: object) -> None:
    backbone = resolve_backbone("resnet18", weights="random", home=Home.find())
    pixels = torch.rand(2, 1, 64, 64)
    with torch.no_grad():
        whole, alone = backbone.build(1)(pixels), backbone.pooled().build(1)(pixels)
    assert backbone.facts.readout == (("layer1", 64), ("layer2", 128), ("layer3", 256))
    assert alone.shape == (2, backbone.pooled().facts.feature_dim) == (2, 512)
    torch.testing.assert_close(whole[:, :512], alone)
