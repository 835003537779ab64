"""The features of several backbones side by side: each part is embedded, and cached, as if it were alone.

So features that a run with one of the parts has computed are not computed again, and the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.source.backbones.joined import JOIN
from medgraft.source.embedding.embed import Embedding, Picture, embed
from medgraft.source.embedding.engine import Job

__all__ = ["embed_parts", "part_engines"]

_AUTO = "auto"


def embed_parts(
    pictures: Sequence[Picture],
    job: Job,
    preprocessing: Preprocessing,
    *,
    reader: ImageReader,
    engine: str = _AUTO,
    progress: Progress | None = None,
) -> Embedding:
    """``embed``, part by part. ``engine``: one for all networks, or one a part (``openvino+handcrafted``); the
    ``engine`` of the result is of the second kind."""
    parts = job.parts()
    if len(parts) == 1:
        return embed(pictures, job, preprocessing, reader=reader, engine=engine, progress=progress)
    found = [
        embed(pictures, part, preprocessing, reader=reader, engine=name, progress=progress)
        for part, name in zip(parts, part_engines(parts, engine), strict=True)
    ]
    first = found[0]
    return Embedding(
        features=np.concatenate([one.features for one in found], axis=1),
        facts=first.facts,
        failures={row: reason for one in reversed(found) for row, reason in one.failures.items()},
        decodes=sum(one.decodes for one in found),
        forward_passes=sum(one.forward_passes for one in found),
        engine={
            "engine": JOIN.join(str(one.engine["engine"]) for one in found),
            "version": JOIN.join(str(one.engine["version"]) for one in found),
            "parts": [one.engine for one in found],
        },
        pooled_dim=first.pooled_dim,
        seconds={stage: sum(one.seconds[stage] for one in found) for stage in first.seconds},
    )


def part_engines(parts: Sequence[Job], asked: str) -> list[str]:
    """The name of the engine of each part. One that is meant for networks is not asked of descriptors."""
    names = asked.split(JOIN)
    if len(names) == len(parts):
        return names
    if len(names) > 1:
        raise UsageError(f"the engine {asked!r} for {len(parts)} backbones: give one for all, or one each")
    return [_AUTO if part.backbone.facts.descriptors else asked for part in parts]
