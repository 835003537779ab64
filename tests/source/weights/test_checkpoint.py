"""Bytes to tensors: wrappers come off, code is never run."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import pytest
import torch

from medgraft.errors import WeightsError
from medgraft.source.weights.checkpoint import read_state


class _Evil:
    def __init__(self, target: str) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (_touch, (self.target,))


def _touch(path: str) -> None:
    Path(path).write_text("run")


def _saved(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def test_code_is_never_run(tmp_path: Path) -> None:
    evil = _Evil(str(tmp_path / "ran"))
    for data in (_saved({"state_dict": {"a": torch.ones(1)}, "x": evil}), pickle.dumps(evil, protocol=2)):
        with pytest.raises(WeightsError, match="holds code"):
            read_state(data, "evil.pth", doing="importing")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("wrapper", ["state_dict", "model", "model_state_dict"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod."])
def test_wrappers_and_prefixes_come_off(wrapper: str, prefix: str) -> None:
    state = {f"{prefix}{key}": torch.ones(2) for key in ("a.weight", "b.bias")}
    assert set(read_state(_saved({wrapper: state, "epoch": 1}), "a.pt", doing="x")) == {"a.weight", "b.bias"}


@pytest.mark.parametrize("content", [{}, [1], {"epoch": 1}, {"a": torch.ones(1), "b": 2}])
def test_what_is_no_state_dict(content: object) -> None:
    with pytest.raises(WeightsError, match="state dict"):
        read_state(_saved(content), "a.pth", doing="x")
