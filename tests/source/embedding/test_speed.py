"""Seconds a picture: of the engine that was used, and true to what it does."""

from __future__ import annotations

import time

import numpy as np
import pytest

from medgraft.errors import WeightsError
from medgraft.home import Home
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.embed import Embedding
from medgraft.source.embedding.engine import ENGINES, Job
from medgraft.source.embedding.speed import seconds_a_picture


class Slow:
    """An engine that takes its time."""

    name, facts = "slow", {}

    def build(self, job):
        return self

    def run(self, images, sink):
        for row, _ in images:
            time.sleep(0.005)
            sink(row, np.zeros(3, np.float32))


def test_it_is_the_time_of_one_picture(tmp_path, monkeypatch):
    monkeypatch.setitem(ENGINES._members, "slow", Slow())
    home = Home(tmp_path)
    job = Job(resolve_backbone("tf_efficientnet_lite0", home=home), "x", 3, 32, home)
    embedding = Embedding(np.zeros((0, 3), np.float32), [], engine={"engine": "slow"})
    assert 0.005 <= seconds_a_picture(job, embedding) < 0.05
    embedding.engine = {"engine": "gone"}
    with pytest.raises(WeightsError, match="'gone'"):
        seconds_a_picture(job, embedding)
