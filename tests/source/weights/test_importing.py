"""Files into the store: torchvision's and timm's keys, wrappers, sidecars, and what is refused."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision
from torch import Tensor

from medgraft.errors import UsageError, WeightsError
from medgraft.home import Home
from medgraft.source.backbones.resolve import resolve_backbone, transfer_table
from medgraft.source.weights.importing import check_weights, import_weights
from medgraft.source.weights.store import get_table, list_entries

SMALL = "torchvision/shufflenet_v2_x0_5"


@pytest.fixture(scope="module")
def checkpoint() -> dict[str, Tensor]:
    """A torchvision ResNet-18 with its own head, as torchvision writes it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        network = torchvision.models.resnet18(weights=None)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
    return network.state_dict()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_torchvision_file_as_both_families(checkpoint: dict[str, Tensor], home: Home, tmp_path: Path) -> None:
    file = tmp_path / "resnet18.pth"
    torch.save(checkpoint, file)
    entry = import_weights(file, home=home, backbone="torchvision/resnet18", licence="BSD-3-Clause")
    assert entry.name == "torchvision-resnet18" and entry.not_transferred == ("fc.bias", "fc.weight")
    assert entry.source_sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    import_weights(file, home=home, backbone="resnet18")
    pixels = torch.rand(2, 3, 64, 64)
    original = torchvision.models.resnet18(weights=None).eval()
    original.load_state_dict(checkpoint)
    original.fc = torch.nn.Identity()
    features = {}
    for name in ("torchvision/resnet18", "resnet18"):
        backbone = resolve_backbone(name, home=home)
        assert (
            backbone.facts.checksum
            == hashlib.sha256((home.weights / backbone.facts.weights / "weights.safetensors").read_bytes()).hexdigest()
        )
        network = backbone.build(3)
        with torch.no_grad():
            features[name] = network(pixels)
            normalised = (pixels - network.mean) / network.std
            torch.testing.assert_close(features[name][:, :512], original(normalised), rtol=1e-5, atol=1e-5)
        rows = transfer_table(backbone, network)
        assert [row["stage"] for row in rows if row["status"] == "left out"] == ["fc.bias", "fc.weight"]
    torch.testing.assert_close(*features.values(), rtol=1e-5, atol=1e-5)


def test_wrapped_prefixed_and_safetensors_give_the_same_bytes(
    checkpoint: dict[str, Tensor], home: Home, tmp_path: Path
) -> None:
    wrapped = {"epoch": 3, "state_dict": {f"module.{key}": value for key, value in checkpoint.items()}}
    torch.save(wrapped, tmp_path / "wrapped.pt")
    safetensors.torch.save_file(checkpoint, tmp_path / "plain.safetensors")
    entries = [
        import_weights(tmp_path / file, home=home, backbone="resnet18", name=file.partition(".")[0])
        for file in ("wrapped.pt", "plain.safetensors")
    ]
    assert entries[0].sha256 == entries[1].sha256
    with pytest.raises(UsageError, match="holds 2 entries"):
        resolve_backbone("resnet18", home=home)
    assert resolve_backbone("resnet18", weights="plain", home=home).facts.weights == "plain"
    assert resolve_backbone("plain", home=home).facts.name == "resnet18"
    with pytest.raises(UsageError, match="not for 'resnet34'"):
        resolve_backbone("resnet34", weights="plain", home=home)


def test_same_again_is_no_work_and_others_need_overwrite(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    safetensors.torch.save_file(torchvision.models.shufflenet_v2_x0_5(weights=None).state_dict(), file)
    first = import_weights(file, home=home, backbone=SMALL)
    before = (home.weights / first.name / "entry.json").read_bytes()
    assert import_weights(file, home=home, backbone=SMALL) == first
    with pytest.raises(UsageError, match="--overwrite"):
        import_weights(file, home=home, backbone=SMALL, mean=(0.5, 0.5, 0.5))
    changed = import_weights(file, home=home, backbone=SMALL, mean=(0.5, 0.5, 0.5), overwrite=True)
    assert changed.mean == (0.5, 0.5, 0.5) and list_entries(home) == [changed]
    import_weights(file, home=home, backbone=SMALL, overwrite=True)
    assert (home.weights / first.name / "entry.json").read_bytes() == before
    assert str(tmp_path) not in before.decode()
    assert sorted(item.name for item in home.weights.iterdir()) == ["torchvision-shufflenet_v2_x0_5"]


@pytest.mark.parametrize(
    ("file", "content", "text"),
    [
        ("a.pth", b"", "damaged"),
        ("a.pth", b"hello, this is a text", "damaged|holds code"),
        ("a.safetensors", b"\xff" * 64, "not a whole safetensors"),
        ("a.safetensors", b"", "not a whole safetensors"),
    ],
)
def test_damaged_files(file: str, content: bytes, text: str, home: Home, tmp_path: Path) -> None:
    (tmp_path / file).write_bytes(content)
    with pytest.raises(WeightsError, match=text):
        import_weights(tmp_path / file, home=home, backbone="resnet18")


def test_truncated_torch_file(checkpoint: dict[str, Tensor], home: Home, tmp_path: Path) -> None:
    file = tmp_path / "a.pth"
    torch.save(checkpoint, file)
    file.write_bytes(file.read_bytes()[:100_000])
    with pytest.raises(WeightsError, match="damaged"):
        import_weights(file, home=home, backbone="resnet18")


def test_what_does_not_fit_prints_both_sides(checkpoint: dict[str, Tensor], home: Home, tmp_path: Path) -> None:
    state = {key: value for key, value in checkpoint.items() if key != "layer1.0.conv1.weight"}
    state |= {"extra.weight": torch.ones(1), "conv1.weight": torch.ones(64, 2, 7, 7)}
    safetensors.torch.save_file(state, tmp_path / "a.safetensors")
    with pytest.raises(WeightsError) as caught:
        import_weights(tmp_path / "a.safetensors", home=home, backbone="resnet18")
    for part in ("layer1.0.conv1.weight", "extra.weight", "file (64, 2, 7, 7)", "network (64, 3, 7, 7)"):
        assert part in str(caught.value)
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save({"a": torch.ones(1), "b": "text"}, tmp_path / "mixed.pth")
    for file in ("list.pth", "mixed.pth"):
        with pytest.raises(WeightsError, match="state"):
            import_weights(tmp_path / file, home=home, backbone="resnet18")


def test_arguments_that_cannot_be(checkpoint: dict[str, Tensor], home: Home, tmp_path: Path) -> None:
    safetensors.torch.save_file(checkpoint, tmp_path / "a.safetensors")
    (tmp_path / "a.h5").write_bytes(b"1")
    with pytest.raises(UsageError, match="unknown kind"):
        import_weights(tmp_path / "a.h5", home=home, backbone="resnet18")
    with pytest.raises(UsageError, match="No such file"):
        import_weights(tmp_path / "none.pth", home=home, backbone="resnet18")
    with pytest.raises(UsageError, match="give `--backbone NAME`"):
        import_weights(tmp_path / "a.safetensors", home=home)
    with pytest.raises(UsageError, match="naming a weights entry"):
        import_weights(tmp_path / "a.safetensors", home=home, backbone="resnet18", name="../x")


def test_sidecar_describes_and_is_checked(checkpoint: dict[str, Tensor], home: Home, tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    safetensors.torch.save_file(checkpoint, file)
    described = {
        "name": "my-resnet",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "licence": "CC0",
        "training_data": "chairs",
        "architecture": {"timm_name": "resnet18", "timm_kwargs": {}},
        "input": {"size": 96, "mean": [0.1, 0.2, 0.3], "std": [1, 2, 3], "interpolation": "bilinear"},
        "source": {"repo": "a/b", "commit": "c" * 40, "path": "d"},
    }
    sidecar = tmp_path / "mine.json"
    sidecar.write_text(json.dumps(described))
    entry = import_weights(file, home=home, size=64)
    assert (entry.name, entry.licence, entry.trained_on, entry.size) == ("my-resnet", "CC0", "chairs", 64)
    assert (entry.mean, entry.std, entry.origin) == ((0.1, 0.2, 0.3), (1.0, 2.0, 3.0), "a/b@cccccccccccc:d")
    with pytest.raises(UsageError, match="says 'resnet18'"):
        import_weights(file, home=home, backbone="resnet34")
    sidecar.write_text(json.dumps(described | {"sha256": "0" * 64}))
    with pytest.raises(WeightsError, match="is recorded"):
        import_weights(file, home=home)
    sidecar.write_text("[")
    with pytest.raises(WeightsError, match="no description"):
        import_weights(file, home=home)


def test_densenets_old_spelling_is_understood(home: Home, tmp_path: Path) -> None:
    state = torchvision.models.densenet121(weights=None).state_dict()
    old = {
        key.replace("norm1.", "norm.1.").replace("conv2.", "conv.2.") if "denselayer" in key else key: value
        for key, value in state.items()
        if not key.endswith("num_batches_tracked")
    }
    torch.save(old, tmp_path / "densenet121.pth")
    entry = import_weights(tmp_path / "densenet121.pth", home=home, backbone="torchvision/densenet121")
    assert entry.facts().pooled_dim == 1024 and set(entry.not_transferred) == {"classifier.weight", "classifier.bias"}


def _densenet_on_one_channel() -> torch.nn.Module:
    """TorchXRayVision's DenseNet-121 has torchvision's names, one channel and 18 answers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = torchvision.models.densenet121(weights=None, num_classes=18)
        network.features.conv0 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    return network.eval()


def test_torchxrayvision_gets_the_range_it_was_trained_with(home: Home, tmp_path: Path) -> None:
    source = _densenet_on_one_channel()
    file = tmp_path / "xrv.pth"
    torch.save({"state_dict": {f"module.{key}": value for key, value in source.state_dict().items()}}, file)
    name = "torchvision/densenet121"
    with pytest.raises(UsageError, match="--convention torchxrayvision"):
        import_weights(file, home=home, backbone=name)
    with pytest.raises(UsageError, match="must be alike"):
        import_weights(file, home=home, backbone=name, mean=(0.1, 0.2, 0.3), std=(1, 1, 1))
    entry = import_weights(file, home=home, backbone=name, convention="torchxrayvision")
    assert (entry.mean, entry.std, entry.size) == ((0.5,) * 3, (1 / 2048,) * 3, 224)
    assert ("features.conv0", "adapted (1): a first convolution on one channel: a third of it on each of three") in (
        entry.facts().exceptions
    )
    table = get_table(home, entry.name)
    assert table is not None and table.counts()["adapted"] == 1 and table.counts()["source head"] == 2
    assert table == check_weights(file, backbone=name, convention="torchxrayvision")
    grey = torch.rand(2, 1, 64, 64)
    with torch.no_grad():
        maps = source.features((2 * grey - 1) * 1024)
        wanted = torch.nn.functional.relu(maps).mean((2, 3))
        for channels in (1, 3, 2):
            network = resolve_backbone(entry.name, home=home).build(channels)
            got = network(grey.expand(-1, channels, -1, -1))[:, :1024]
            torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5 * float(wanted.abs().max()))


def test_monais_densenet_is_torchvisions(home: Home, tmp_path: Path) -> None:
    """Names as ``monai.networks.nets.DenseNet121(spatial_dims=2, in_channels=3)`` gives them."""
    source = torchvision.models.densenet121(weights=None).eval()
    state = {re.sub(r"(denselayer\d+)\.", r"\1.layers.", key): value for key, value in source.state_dict().items()}
    state = {key.replace("classifier.", "class_layers.out."): value for key, value in state.items()}
    torch.save({"state_dict": {f"image_encoder.{key}": value for key, value in state.items()}}, tmp_path / "m.pt")
    entry = import_weights(tmp_path / "m.pt", home=home, backbone="torchvision/densenet121", size=64)
    assert "monai" in entry.conventions and len(entry.not_transferred) == 2
    pixels = torch.rand(1, 3, 64, 64)
    network = resolve_backbone(entry.name, home=home).build(3)
    with torch.no_grad():
        maps = torch.nn.functional.relu(source.features((pixels - network.mean) / network.std))
        torch.testing.assert_close(network(pixels)[:, :1024], maps.mean((2, 3)), rtol=1e-5, atol=1e-6)
