"""How fast a backbone answers on this machine: what tells two equals apart."""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from medgraft.errors import WeightsError
from medgraft.source.backbones.joined import JOIN
from medgraft.source.embedding.embed import Embedding
from medgraft.source.embedding.engine import ENGINES, Job

__all__ = ["seconds_a_picture"]

_PICTURES, _ROUNDS = 8, 3


def seconds_a_picture(job: Job, embedding: Embedding) -> float:
    """Seconds from prepared pixels to features, the median of a few rounds, by the engine that ``embedding`` came from.

    Noise as pixels: no network is faster for what it sees.
    """
    names = str(embedding.engine.get("engine", "")).split(JOIN)
    return sum(_seconds(part, name) for part, name in zip(job.parts(), names, strict=True))


def _seconds(job: Job, name: str) -> float:
    if name not in ENGINES:
        raise WeightsError(f"timing {job.backbone.facts.name}: its engine {name!r} is not known")
    engine = ENGINES.get(name).build(job)
    rng = np.random.default_rng(0)
    pictures = rng.random((_PICTURES, job.channels, job.size, job.size), dtype=np.float32)
    rounds = []
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        engine.run(enumerate(pictures), lambda row, features: None)
        rounds.append((time.perf_counter() - began) / _PICTURES)
    return median(rounds[1:])
