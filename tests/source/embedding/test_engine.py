"""The family of engines: at least the two that are promised, tried fastest first."""

from __future__ import annotations

from medgraft.source.embedding import embed
from medgraft.source.embedding.engine import ENGINES, EngineUnavailable


def test_openvino_is_tried_before_torch():
    assert embed.ENGINES is ENGINES
    assert list(ENGINES)[:2] == ["openvino", "torch"]


def test_an_unavailable_engine_says_why():
    assert str(EngineUnavailable("no such device")) == "no such device"
