"""Maps and tokens on a grid: layouts, tokens of no place, and what has none."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medgraft.insight.explanation.places import gridded, prefix_tokens

PLACES = torch.arange(16.0).reshape(4, 4)


def test_maps_of_both_layouts():
    maps = torch.stack([PLACES, -PLACES, 2 * PLACES])[None]
    assert torch.equal(gridded(maps, None), maps[0])
    assert torch.equal(gridded(maps.permute(0, 2, 3, 1), None), maps[0])


@pytest.mark.parametrize("prefix", [0, 1, 2, 5])
@pytest.mark.parametrize("told", [True, False])
def test_tokens_without_those_of_no_place(prefix, told):
    tokens = torch.cat([torch.full((prefix, 3), 99.0), torch.stack([PLACES.flatten()] * 3, dim=1)])[None]
    grid = gridded(tokens, prefix if told else None)
    assert grid.shape == (3, 4, 4)
    assert torch.equal(grid[0], PLACES)


@pytest.mark.parametrize(
    ("output", "prefix"),
    [
        (torch.zeros(1, 8), None),
        (torch.zeros(1, 8, 1, 1), None),
        (torch.zeros(1, 1, 8), None),
        (torch.zeros(1, 15, 8), 0),
        ((torch.zeros(1, 8, 4, 4),), None),
        (None, None),
    ],
)
def test_no_places(output, prefix):
    assert gridded(output, prefix) is None


def test_a_network_says_how_many():
    body = nn.Identity()
    assert prefix_tokens(body) is None
    body.num_prefix_tokens = 5
    assert prefix_tokens(body) == 5
