"""Strict loading: planted faults are named, and the network is left as it was."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from medgraft.errors import WeightsError
from medgraft.source.backbones.loading import load_strictly, rename_by_order


def _network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


def _state() -> dict[str, Tensor]:
    return {key: torch.full_like(value, 2) for key, value in _network().state_dict().items()}


def test_whole_file_with_a_head() -> None:
    network, state = _network(), _state() | {"fc.weight": torch.ones(2, 4)}
    report = load_strictly(network, state, heads=("fc",), doing="loading")
    assert report.left_out == ("fc.weight",) and report.filled == ()
    assert set(report.transferred) == set(network.state_dict())
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


def test_old_files_lack_the_counter() -> None:
    state = _state()
    del state["1.num_batches_tracked"]
    assert load_strictly(_network(), state, doing="loading").filled == ("1.num_batches_tracked",)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("missing", "1 missing from the file: 0.bias"),
        ("unexpected", "1 in the file, unknown to the network: fcx.weight"),
        ("shape", r"0.bias: file \(5,\) float32, network \(4,\) float32"),
        ("kind", r"0.bias: file \(4,\) int64"),
        ("nan", "1 with values that are not finite: 0.bias"),
    ],
)
def test_planted_faults(fault: str, text: str) -> None:
    network, state = _network(), _state()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    if fault == "missing":
        del state["0.bias"]
    elif fault == "unexpected":
        state["fcx.weight"] = torch.ones(1)
    else:
        state["0.bias"] = {
            "shape": torch.ones(5),
            "kind": torch.ones(4, dtype=torch.int64),
            "nan": torch.tensor([1.0, float("nan"), 1.0, 1.0]),
        }[fault]
    with pytest.raises(WeightsError, match=text):
        load_strictly(network, state, heads=("fc",), doing="loading")
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_rename_by_order_counts() -> None:
    assert rename_by_order({"a": torch.ones(1)}, ["b"], doing="x") == {"b": torch.ones(1)}
    with pytest.raises(WeightsError, match="1 tensors in the file, 2"):
        rename_by_order({"a": torch.ones(1)}, ["b", "c"], doing="x")
