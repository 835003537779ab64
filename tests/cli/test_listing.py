"""``medgraft list`` shows every member of a family."""

from __future__ import annotations

import json

import pytest

from medgraft.cli.main import main


@pytest.mark.parametrize(
    ("family", "member"),
    [
        ("strategies", "lp-ft"),
        ("engines", "openvino"),
        ("engines", "handcrafted"),
        ("metrics", "auroc"),
        ("transforms", "flip"),
        ("checks", "pixels"),
        ("backbones", "torchvision/resnet50"),
        ("backbones", "classical"),
    ],
)
def test_list(family, member, capsys):
    assert main(["list", family, "--json"]) == 0
    assert member in json.loads(capsys.readouterr().out)[family]
