"""The weights of a backbone as numpy arrays, without importing torch once they were needed before.

A bundle of a frozen backbone holds the backbone's weights as a built network names them (one channel or three).
They are kept in the cache under a name that is their content's hash, listed in a small index.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from medgraft.source.backbones.efficientnet_lite import LITES
from medgraft.source.backbones.lite_tensors import lite_state
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.row_cache import RowCache

__all__ = ["backbone_state"]


def backbone_state(job: Job) -> dict[str, NDArray[Any]]:
    """The state dict of ``job``'s network; from the cache, else from the network itself. Descriptors have none; the
    names of a joined backbone's parts begin with ``0.``, ``1.``, …"""
    if job.backbone.facts.parts:
        parts = [backbone_state(part) for part in job.parts()]
        return {f"{number}.{name}": value for number, part in enumerate(parts) for name, value in part.items()}
    if job.backbone.facts.descriptors:
        return {}
    if job.state is not None:
        return dict(job.state)
    state = _published(job)
    if state is not None:
        return state
    key = RowCache.key(job.identity())
    cache = RowCache(job.home.cache / "states" / key.hex()[:32])
    known = cache.rows([key])
    if key in known:
        return dict(load(known[key]))
    network = job.backbone.build(job.channels)
    state = {name: np.asarray(value.detach().cpu().numpy(), order="C") for name, value in network.state_dict().items()}
    cache.put({key: save(state)})
    return state


def _published(job: Job) -> dict[str, NDArray[Any]] | None:
    """The default backbone's tensors, straight from its package."""
    name = job.backbone.facts.name
    return lite_state(name, job.channels) if name in LITES and job.checksum == LITES[name].sha256 else None
