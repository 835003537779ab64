"""The family of engines: at least the two that are promised, tried fastest first; and what a job is known by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medgraft.source.embedding import embed
from medgraft.source.embedding.engine import ENGINES, EngineUnavailable


def test_openvino_is_tried_before_torch():
    assert embed.ENGINES is ENGINES
    assert [name for name in ENGINES if name != "handcrafted"][:2] == ["openvino", "torch"]


def test_an_unavailable_engine_says_why():
    assert str(EngineUnavailable("no such device")) == "no such device"


@pytest.mark.parametrize("change", ["name", "mean", "std", "checksum", "channels"])
def test_whatever_changes_the_numbers_changes_the_identity(job, change):
    if change in ("checksum", "channels"):
        other = replace(job, **{change: "other" if change == "checksum" else 1})
    else:
        value = "other" if change == "name" else (0.1, 0.2, 0.3)
        other = replace(job, backbone=replace(job.backbone, facts=replace(job.backbone.facts, **{change: value})))
    assert other.identity() != job.identity()
    assert replace(job).identity() == job.identity()


def test_a_job_does_not_print_its_weights(job):
    assert "secret" not in repr(replace(job, state={"secret": None}))
