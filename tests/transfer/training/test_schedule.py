"""The schedule against its closed form."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import UsageError
from medgraft.transfer.training.schedule import warmup_cosine, warmup_steps


def test_closed_form() -> None:
    factors = [warmup_cosine(step, steps=10, warmup=2) for step in range(10)]
    assert factors[:3] == [0.5, 1.0, 1.0]
    assert factors[6] == pytest.approx(0.5)
    assert factors[9] == pytest.approx(0.5 * (1 + math.cos(math.pi * 7 / 8)))


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 500), st.data())
def test_rises_then_falls_within_bounds(steps: int, data: st.DataObject) -> None:
    warmup = data.draw(st.integers(0, steps))
    factors = [warmup_cosine(step, steps=steps, warmup=warmup) for step in range(steps)]
    assert all(0 < factor <= 1 for factor in factors)
    assert factors[:warmup] == sorted(factors[:warmup])
    assert factors[warmup:] == sorted(factors[warmup:], reverse=True)


@pytest.mark.parametrize(("step", "steps", "warmup"), [(-1, 5, 0), (5, 5, 0), (0, 5, 6), (0, 0, 0)])
def test_outside_is_an_error(step: int, steps: int, warmup: int) -> None:
    with pytest.raises(UsageError):
        warmup_cosine(step, steps=steps, warmup=warmup)


def test_steps_down_at_a_half_and_at_three_quarters():
    factors = [warmup_steps(step, steps=8, warmup=2) for step in range(8)]
    assert factors == [0.5, 1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01]
    with pytest.raises(UsageError, match="no step 8"):
        warmup_steps(8, steps=8, warmup=2)
