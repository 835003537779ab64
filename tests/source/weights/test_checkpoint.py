"""Bytes to tensors: wrappers come off, code is never run."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import pytest
import torch

from medgraft.errors import WeightsError
from medgraft.source.weights.checkpoint import read_content, read_state


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


def test_containers_are_handed_on_as_they_are() -> None:
    content = {"state_dict": {"a": torch.ones(2)}, "epoch": 1}
    assert set(read_content(_saved(content), "a.pt", doing="x")) == {"state_dict", "epoch"}


@pytest.mark.parametrize("content", [{}, [1], {"epoch": 1}, {"a": torch.ones(1), "b": 2}])
def test_what_is_no_state_dict(content: object) -> None:
    with pytest.raises(WeightsError, match="state dict"):
        read_state(_saved(content), "a.pth", doing="x")
