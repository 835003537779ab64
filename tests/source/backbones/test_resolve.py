"""Which weights a name gets, without torch where that is promised, and without touching anybody's
randomness."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from medgraft.errors import UsageError, WeightsError
from medgraft.home import Home
from medgraft.source.backbones.resolve import backbone_from_facts, resolve_backbone, transfer_table


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_default_is_resolved_without_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from medgraft.home import Home\n"
        "from medgraft.source.backbones.resolve import resolve_backbone\n"
        "from medgraft.source.weights.store import list_entries, verify_entries\n"
        f"home = Home(Path({str(tmp_path)!r}))\n"
        "for weights in (None, 'random'):\n"
        "    assert resolve_backbone('tf_efficientnet_lite0', weights=weights, home=home).facts.feature_dim "
        "== 2848\n"
        "assert not list_entries(home) and not verify_entries(home)\n"
        "print([name for name in ('torch', 'timm', 'torchvision', 'sklearn') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_random_weights_are_seeded_and_nobody_else_is(home: Home) -> None:
    before = torch.random.get_rng_state()
    first, again = (resolve_backbone("resnet18", weights="random", home=home, seed=3) for _ in range(2))
    assert first.facts == again.facts and first.facts.checksum == "random:3"
    assert (first.facts.feature_dim, first.facts.parameters) == (512 + 2 * (64 + 128 + 256), 11_176_512)
    one, two = first.build(3), again.build(3)
    other = resolve_backbone("resnet18", weights="random", home=home, seed=4).build(3)
    assert all(torch.equal(value, two.state_dict()[key]) for key, value in one.state_dict().items())
    assert not torch.equal(one.state_dict()["body.conv1.weight"], other.state_dict()["body.conv1.weight"])
    assert torch.equal(before, torch.random.get_rng_state())
    assert not one.training


@pytest.mark.parametrize("channels", [1, 3])
def test_state_replaces_the_weights_strictly(home: Home, channels: int) -> None:
    backbone = resolve_backbone("mobilenetv3_small_050", weights="random", home=home, seed=1)
    state = {key: value.numpy() for key, value in backbone.build(channels).state_dict().items()}
    foreign = backbone_from_facts(backbone.facts)
    pixels = torch.rand(2, channels, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(
            foreign.build(channels, state)(pixels), backbone.build(channels)(pixels), rtol=0, atol=0
        )
    with pytest.raises(WeightsError, match=r"body\.conv_stem\.weight"):
        foreign.build(4 - channels, state)
    with pytest.raises(WeightsError, match="missing from the file"):
        foreign.build(channels, {key: state[key] for key in list(state)[1:]})
    with pytest.raises(WeightsError, match="bundle's own weights"):
        foreign.build(channels)


def test_random_lite_facts_are_what_would_be_measured(home: Home) -> None:
    backbone = resolve_backbone("tf_efficientnet_lite1", weights="random", home=home)
    network = backbone.build(3)
    assert backbone.facts.parameters == sum(item.numel() for item in network.parameters())
    rows = transfer_table(backbone, network)
    assert sum(row["parameters"] for row in rows) == backbone.facts.parameters
    assert {row["status"] for row in rows} == {"random"}


def test_no_weights_says_what_to_do(home: Home) -> None:
    with pytest.raises(WeightsError) as caught:
        resolve_backbone("torchvision/resnet18", home=home)
    for part in (
        "medgraft weights fetch torchvision/resnet18",
        "resnet18-f37072fd.pth",
        "--weights random",
        "medgraft weights import resnet18-f37072fd.pth --backbone torchvision/resnet18",
    ):
        assert part in str(caught.value)
    with pytest.raises(WeightsError, match="holds nothing"):
        resolve_backbone("resnet18", weights="mine", home=home)
    with pytest.raises(UsageError, match="did you mean 'resnet18'"):
        resolve_backbone("resnet_18", home=home)
