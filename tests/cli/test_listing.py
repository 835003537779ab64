"""``medgraft list`` shows every member of a family."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from medgraft.cli.main import main
from medgraft.transfer import strategies


@pytest.mark.parametrize(
    ("family", "member"),
    [
        ("strategies", "lp-ft"),
        ("engines", "openvino"),
        ("engines", "handcrafted"),
        ("metrics", "auroc"),
        ("transforms", "flip"),
        ("checks", "pixels"),
        ("selectors", "dev"),
        ("backbones", "torchvision/resnet50"),
        ("backbones", "classical"),
    ],
)
def test_list(family, member, capsys):
    assert main(["list", family, "--json"]) == 0
    assert member in json.loads(capsys.readouterr().out)[family]


def test_stages_are_those_that_partial_cuts_at_with_all_parameters_counted(capsys):
    from medgraft.home import Home
    from medgraft.source.backbones.resolve import resolve_backbone

    assert main(["list", "stages", "--backbone", "torchvision/resnet18", "--json"]) == 0
    names = json.loads(capsys.readouterr().out)["stages"]
    assert names[-1] == "layer4" and names == sorted(names, key=names.index)
    assert main(["list", "stages", "--backbone", "torchvision/resnet18"]) == 0
    told = capsys.readouterr()
    counted = sum(int(count.replace(" ", "")) for count in re.findall(r" {2,}(\d[\d ]*) parameters", told.out))
    network = resolve_backbone("torchvision/resnet18", weights="random", home=Home.find()).build(3)
    assert counted == sum(item.numel() for item in network.parameters())


def test_stages_are_of_the_default_backbone_where_none_is_named(capsys):
    assert main(["list", "stages", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stages"] == ["conv_stem", *(f"blocks.{n}" for n in range(7))]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["stages", "--backbone", "classical"], "hand-crafted"),
        (["stages", "--backbone", "tf_efficientnet_lite0+classical"], "side by side"),
        (["stages", "--backbone", "resnt50"], "did you mean 'resnet50'"),
        (["metrics", "--backbone", "resnet50"], "only stages are of a backbone"),
    ],
)
def test_what_has_no_stages_is_told(words, said, capsys):
    assert main(["list", *words]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_every_strategy_of_the_package_is_listed(capsys):
    """A file that registers one but that nobody imports would be lost without a word."""
    files = sorted(Path(strategies.__file__).parent.glob("*.py"))
    written = {
        name for file in files for name in re.findall(r'^@STRATEGIES.register\("(.+)"\)', file.read_text(), re.M)
    }
    assert main(["list", "strategies", "--json"]) == 0
    assert written == set(json.loads(capsys.readouterr().out)["strategies"])
