"""The last stages learn, and what is kept belongs to just this network, cut, cohort and augmentation."""

from __future__ import annotations

import pytest

from medgraft.transfer.strategies.partial import Partial


def test_the_plan(planned, tmp_path) -> None:
    _, plan, from_probe = planned(Partial, {"from_stage": "layer4", "views": 2, "cache_gb": 0.5})
    assert plan.stage == "layer4"
    assert plan.prefix.folder.parent == tmp_path / "prefix"
    assert (plan.prefix.cases, plan.prefix.views, plan.prefix.limit) == (9, 2, 500_000_000)
    assert plan.prefix.precision == "scaled16"
    assert from_probe


def test_without_a_cache_nothing_is_kept(planned) -> None:
    assert planned(Partial, {"cache": "none"})[1].prefix is None


@pytest.mark.parametrize(
    ("options", "material"),
    [
        ({"from_stage": "layer3"}, {}),
        ({"views": 5}, {}),
        ({"augment": False}, {}),
        ({"cache": "float32"}, {}),
        ({}, {"identity": "other pixels"}),
        ({}, {"seed": 6}),
        ({}, {"modality": "ct"}),
    ],
    ids=str,
)
def test_what_differs_lies_elsewhere(planned, options, material) -> None:
    before = planned(Partial, {})[1].prefix.folder
    assert planned(Partial, options, **material)[1].prefix.folder != before


def test_a_part_of_the_cohort_reads_what_the_whole_has_kept(planned) -> None:
    before = planned(Partial, {"epochs": 8})[1].prefix.folder
    assert planned(Partial, {"epochs": 3, "lr": 0.1}, index=range(2))[1].prefix.folder == before
