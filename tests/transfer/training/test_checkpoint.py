"""Checkpoints: whole or not there, every damage noticed, the previous one to fall back on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from medgraft.errors import ArtifactError
from medgraft.transfer.training.checkpoint import Checkpoint, Checkpoints


def checkpoint(epoch: int) -> Checkpoint:
    tensors = {
        "weight": torch.arange(12, dtype=torch.float32).reshape(3, 4) + epoch,
        "filters": torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last),
        "count": torch.tensor(epoch),
    }
    return Checkpoint(epoch, tensors, {"best_loss": 0.1 + epoch / 3, "history": [{"epoch": epoch, "x": None}]})


def same(left: Checkpoint, right: Checkpoint) -> bool:
    return (
        left.epoch == right.epoch
        and left.facts == right.facts
        and left.tensors.keys() == right.tensors.keys()
        and all(torch.equal(left.tensors[name], right.tensors[name]) for name in left.tensors)
    )


def written(folder: Path, *epochs: int) -> list[Checkpoint]:
    store, made = Checkpoints(folder, "f"), [checkpoint(epoch) for epoch in epochs]
    for one in made:
        store.save(one)
    return made


def test_what_is_saved_is_what_is_read(tmp_path: Path) -> None:
    (made,) = written(tmp_path, 3)
    notices: list[str] = []
    found = Checkpoints(tmp_path, "f").newest(notices.append)
    assert found is not None
    assert same(found, made)
    assert notices == []


def test_an_empty_or_missing_folder_has_none(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "nowhere", "f").newest(lambda _: None) is None


def test_the_newest_two_are_kept_and_private(tmp_path: Path) -> None:
    written(tmp_path, 1, 2, 3, 10)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"epoch-{e:04d}.{ext}" for e in (3, 10) for ext in ("json", "safetensors")]
    if os.name == "posix":
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_another_process_keeps_the_one_that_it_went_on_from(tmp_path: Path) -> None:
    written(tmp_path, 1, 2)
    again = Checkpoints(tmp_path, "f")
    assert again.newest(lambda _: None) is not None
    again.save(checkpoint(3))
    assert sorted(path.stem for path in tmp_path.glob("*.json")) == ["epoch-0002", "epoch-0003"]


@pytest.mark.parametrize("suffix", ["json", "safetensors"])
@pytest.mark.parametrize("damage", ["cut", "gone", "empty"])
def test_a_damaged_newest_falls_back_to_the_previous(tmp_path: Path, suffix: str, damage: str) -> None:
    made = written(tmp_path, 1, 2)
    path = tmp_path / f"epoch-0002.{suffix}"
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else b"")
    notices: list[str] = []
    found = Checkpoints(tmp_path, "f").newest(notices.append)
    assert found is not None
    assert same(found, made[0])
    if (suffix, damage) != ("json", "gone"):  # without its description it never was a checkpoint
        assert "epoch 2 was left aside" in notices[0]


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    written(tmp_path, 1)
    draws = np.random.default_rng(0)
    for path in sorted(tmp_path.iterdir()):
        data = path.read_bytes()
        for position in draws.integers(0, len(data) * 8, 150):
            flipped = bytearray(data)
            flipped[position // 8] ^= 1 << (position % 8)
            path.write_bytes(flipped)
            notices: list[str] = []
            assert Checkpoints(tmp_path, "f").newest(notices.append) is None, (path.name, position)
            assert len(notices) == 1
        path.write_bytes(data)
    assert Checkpoints(tmp_path, "f").newest(lambda _: None) is not None


def test_those_of_another_training_are_left_aside_and_go_later(tmp_path: Path) -> None:
    written(tmp_path, 5)
    other, notices = Checkpoints(tmp_path, "g"), list[str]()
    assert other.newest(notices.append) is None
    assert "another configuration" in notices[0]
    other.save(checkpoint(1))
    assert [path.stem for path in tmp_path.glob("*.json")] == ["epoch-0001"]


def test_leftovers_of_an_interrupted_write_do_no_harm_and_go(tmp_path: Path) -> None:
    written(tmp_path, 1)
    (tmp_path / ".epoch-0002.safetensors.abc").write_bytes(b"half")
    (tmp_path / "epoch-0002.safetensors").write_bytes(b"whole, but its description was not written")
    store = Checkpoints(tmp_path, "f")
    found = store.newest(lambda _: None)
    assert found is not None
    assert found.epoch == 1
    store.save(checkpoint(2))
    assert len(list(tmp_path.iterdir())) == 4
    store.clear()
    assert list(tmp_path.iterdir()) == []


def test_facts_that_json_cannot_carry_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="finite"):
        Checkpoints(tmp_path, "f").save(Checkpoint(1, {}, {"loss": float("nan")}))
