"""A network that forgets what it learnt, step by step: the head first, then stage after stage down to the input."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np
import torch

from medgraft.insight.explanation.attributed import Attributed
from medgraft.source.embedding.engine import Job
from medgraft.transfer.models.heads.catalogue import HEADS
from medgraft.transfer.models.heads.head import Head

__all__ = ["forgetting"]


def forgetting(job: Job, head: Head, seed: int, *, only: Collection[str] = ()) -> Iterator[tuple[str, Attributed]]:
    """Name of what was forgotten last, and the network that has forgotten it and all that comes after it. ``only``: the
    steps that are given out, if not all.

    A head's numbers are shuffled; a stage gets the weights of the same network drawn anew, its statistics with them.
    """
    rng = np.random.default_rng(seed)
    shuffled = {name: rng.permutation(item.ravel()).reshape(item.shape) for name, item in head.tensors().items()}
    blank = HEADS.get(head.kind).restore(shuffled, head.facts())
    if not only or "head" in only:
        yield "head", Attributed(job, blank)
    network = job.backbone.build(job.channels, job.state)
    state = copy.deepcopy(network.state_dict())
    fresh = job.backbone.forgotten(seed).build(job.channels).state_dict()
    for stage, parameters in reversed(job.backbone.stages(network)):
        owners = {name.rpartition(".")[0] for name in parameters}
        for name in state:
            if name in parameters or (name.rpartition(".")[0] in owners and name.rpartition(".")[0]):
                state[name] = torch.as_tensor(fresh[name])
        if not only or stage in only:
            yield stage, Attributed(replace(job, state=dict(state)), blank)
