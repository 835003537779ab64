"""Containers, prefixes and spellings come off by names and shapes; two parts that fit are an error."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from medgraft.errors import WeightsError
from medgraft.source.weights.conventions.catalogue import CONVENTIONS
from medgraft.source.weights.matching import Wanted, choose_part

CONTAINERS = [item for _, convention in CONVENTIONS.items() for item in convention.containers]
PREFIXES = [item for _, convention in CONVENTIONS.items() for item in convention.prefixes]


def network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1))


WANTED = Wanted(network().state_dict(), "0.weight")


def state(value: float = 1.0) -> dict[str, Tensor]:
    return {key: torch.full_like(item, value) for key, item in WANTED.state.items()}


def chosen(content: Any, part: str | None = None) -> Any:
    return choose_part(content, WANTED, part=part, doing="importing")


@settings(deadline=None, max_examples=60)
@given(
    containers=st.lists(st.sampled_from(CONTAINERS), max_size=2),
    prefixes=st.lists(st.sampled_from(PREFIXES), max_size=3),
    counters=st.booleans(),
)
def test_any_wrapping_comes_off(containers: list[str], prefixes: list[str], counters: bool) -> None:
    plain = {key: value for key, value in state().items() if counters or not key.endswith("tracked")}
    content: Any = {"".join(prefixes) + key: value for key, value in plain.items()}
    for label in reversed(containers):
        content = {label: content, "epoch": 3}
    part = chosen(content)
    assert part.steps == (*containers, *(prefix.removesuffix(".") for prefix in prefixes))
    assert part.names == {key: "".join(prefixes) + key for key in plain} and not part.beside


@settings(deadline=None, max_examples=20)
@given(lost=st.sets(st.sampled_from(sorted(WANTED.state)), max_size=4), prefix=st.sampled_from(["", "module.encoder."]))
def test_where_none_fits_the_nearest_is_told(lost: set[str], prefix: str) -> None:
    content = {prefix + key: value for key, value in state().items() if key not in lost}
    part = chosen({"state_dict": content})
    assert set(part.names) == set(WANTED.state) - lost


def test_two_that_fit_are_an_error_that_names_both() -> None:
    twins = {"teacher": state(1), "student": state(2)}
    with pytest.raises(WeightsError, match=r"'student' and 'teacher' \(0.weight and 0.weight differ\).*--part"):
        chosen(twins)
    assert chosen(twins, "teacher").tensors["0.bias"][0] == 1
    mixed = {f"student.backbone.{key}": value for key, value in state(1).items()}
    mixed |= {f"teacher.backbone.{key}": value for key, value in state(2).items()}
    with pytest.raises(WeightsError, match=r"student\.backbone\.0\.weight and teacher\.backbone\.0\.weight"):
        chosen(mixed)
    part = chosen(mixed, "teacher")
    assert part.steps == ("teacher", "backbone") and {step for _, step in part.beside.values()} == {"teacher"}
    assert chosen({"model": state(1), "model_ema": state(1)}).steps == ("model",)  # alike: no question
    with pytest.raises(WeightsError, match="'no prefix' and 'module'"):
        chosen(state(1) | {f"module.{key}": value for key, value in state(2).items()})


def test_a_part_of_any_name_can_be_asked_for() -> None:
    assert chosen({"mine": state(), "other": [1]}, "mine").steps == ("mine",)
    assert chosen({f"mine.{key}": value for key, value in state().items()}, "mine").steps == ("mine",)
    with pytest.raises(WeightsError, match="has no part 'yours'"):
        chosen(state(), "yours")


def test_two_spellings_of_one_tensor() -> None:
    content = {"denselayer1.norm.1.weight": torch.ones(1), "denselayer1.norm1.weight": torch.ones(1)}
    with pytest.raises(WeightsError, match=r"denselayer1\.norm\.1\.weight and denselayer1\.norm1\.weight are two"):
        chosen(content)


@pytest.mark.parametrize("content", [{}, [1], {"epoch": 1}, {"a": torch.ones(1), "b": 2}, {"mine": {"a": 1}}])
def test_what_is_no_state_dict(content: object) -> None:
    with pytest.raises(WeightsError, match="state dict"):
        chosen(content)


def test_shapes_decide_beside_names() -> None:
    other = {key: torch.ones(9, *value.shape) for key, value in state().items()}
    assert chosen(other | {f"encoder.{key}": value for key, value in state().items()}).steps == ("encoder",)
    grey = state() | {"0.weight": torch.ones(4, 1, 3, 3)}
    assert WANTED.fits("0.weight", grey["0.weight"]) and not WANTED.fits("2.weight", torch.ones(2, 1, 1, 1))
    assert not WANTED.fits("0.weight", torch.ones(4, 3, 3, 3, dtype=torch.int64))
