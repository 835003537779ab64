"""The store notices every flipped bit, wherever it is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from medgraft.errors import ArtifactError, UsageError, WeightsError
from medgraft.files import sha256_bytes
from medgraft.home import Home
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.weights.entry import WeightsEntry
from medgraft.source.weights.store import (
    add_entry,
    entry_names,
    get_entry,
    list_entries,
    remove_entry,
    verify_entries,
)


def _entry(data: bytes, name: str = "tiny") -> WeightsEntry:
    return WeightsEntry(
        name=name,
        backbone="resnet18",
        feature_dim=512,
        parameters=1,
        size=32,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        interpolation="bilinear",
        licence="none",
        trained_on="nothing",
        origin="a test",
        source_file="a.pth",
        source_sha256="0" * 64,
        sha256=sha256_bytes(data),
        transferred=("a",),
        not_transferred=(),
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    data = bytes(range(256)) * 4
    add_entry(home, _entry(data), data)
    return home


def test_there_and_back(home: Home) -> None:
    assert entry_names(home) == ["tiny"] and verify_entries(home) == [("tiny", None)]
    assert get_entry(home, "tiny") == list_entries(home)[0] == _entry(bytes(range(256)) * 4)
    with pytest.raises(WeightsError, match="did you mean 'tiny'"):
        get_entry(home, "tinny")
    assert list(Home(home.path / "none").path.glob("*")) == entry_names(Home(home.path / "none"))


def test_every_flip_in_the_small_files_and_many_in_the_weights_are_noticed(home: Home) -> None:
    folder, draw = home.weights / "tiny", random.Random(0)
    flips = [
        (path, position)
        for path in sorted(folder.iterdir())
        for position in draw.sample(range(8 * path.stat().st_size), min(100, 8 * path.stat().st_size))
    ]
    manifest = folder / "MANIFEST.sha256"
    ends = [index for index, byte in enumerate(manifest.read_bytes()) if byte in b"\n "]
    flips += [(manifest, 8 * index + bit) for index in ends for bit in range(8)]
    for path, position in flips:
        whole = path.read_bytes()
        flipped = bytearray(whole)
        flipped[position // 8] ^= 1 << (position % 8)
        path.write_bytes(flipped)
        with pytest.raises(ArtifactError):
            get_entry(home, "tiny")
        path.write_bytes(whole)
    assert verify_entries(home) == [("tiny", None)]


def test_a_damaged_description_does_not_fall_back_to_the_package(home: Home) -> None:
    path = home.weights / "tiny" / "entry.json"
    path.write_text(path.read_text("utf-8").replace("resnet18", "resnet19"))
    with pytest.raises(WeightsError, match="damaged"):
        resolve_backbone("tf_efficientnet_lite0", home=home)
    assert verify_entries(home)[0][1] is not None


def test_missing_foreign_and_renamed_are_noticed(home: Home) -> None:
    folder = home.weights / "tiny"
    (folder / "more.txt").write_text("x")
    with pytest.raises(WeightsError, match="not listed more"):
        get_entry(home, "tiny")
    (folder / "more.txt").unlink()
    folder.rename(home.weights / "other")
    with pytest.raises(WeightsError, match="its name back"):
        get_entry(home, "other")
    (home.weights / "other" / "weights.safetensors").unlink()
    assert verify_entries(home)[0][1] is not None
    remove_entry(home, "other")
    assert entry_names(home) == []
    with pytest.raises(UsageError):
        remove_entry(home, "other")


def test_weights_that_vanish_or_change_between_resolving_and_building(home: Home) -> None:
    backbone = resolve_backbone("resnet18", home=home)
    path = home.weights / "tiny" / "weights.safetensors"
    path.write_bytes(b"other")
    with pytest.raises(WeightsError, match="damaged"):
        backbone.build(3)
    path.unlink()
    with pytest.raises(WeightsError, match="gone"):
        backbone.build(3)


def test_an_interrupted_write_leaves_no_entry(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("medgraft.source.weights.store.write_manifest", full)
    with pytest.raises(ArtifactError, match="No space left"):
        add_entry(home, _entry(b"x", "new"), b"x")
    assert sorted(item.name for item in home.weights.iterdir()) == ["tiny"]
