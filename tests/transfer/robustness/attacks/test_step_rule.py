"""The rule of the step, on sequences made by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from medgraft.transfer.robustness.attacks.step_rule import StepRule, checkpoints


def test_the_checkpoints_of_the_paper():
    assert checkpoints(100) == [22, 41, 57, 70, 80, 87, 93, 99]
    assert checkpoints(20) == [5, 9, 12, 14, 16, 18, 19]


@given(st.integers(1, 400))
def test_checkpoints_rise_below_the_number_of_steps(steps):
    found = checkpoints(steps)
    assert found == sorted(set(found))
    assert all(0 < place < steps for place in found)


def run(rises, bests, steps=100):
    """Steps after each of ``steps`` steps, and where the rule halved; ``rises``: numbers of steps that raise the loss,
    ``bests(number)``: the highest loss before a step."""
    rule = StepRule(torch.tensor([bests(0)]), 1.0, steps)
    halved = []
    for number in range(steps):
        if rule.halved(number, torch.tensor([bests(number)])).any():
            halved.append(number)
        rule.count(torch.tensor([number in rises]))
    return halved, float(rule.step)


def test_while_the_loss_rises_nothing_is_halved():
    assert run(set(range(100)), lambda number: float(number)) == ([], 1.0)


@pytest.mark.parametrize(("rising", "halved"), [(17, []), (16, [22])])
def test_three_steps_in_four_must_rise(rising, halved):
    """Of the first 22 steps 16.5 are three quarters; after them every step rises."""
    assert run({*range(rising), *range(22, 100)}, lambda number: float(number))[0] == halved


def test_a_best_that_stays_halves_at_every_second_checkpoint():
    """The loss rises in six steps of seven but never above what it was: by the second condition, which does not hold
    right after a halving."""
    rises = {number for number in range(100) if number % 7}
    assert run(rises, lambda number: 1.0) == ([22, 57, 80, 93], 1 / 16)


def test_a_loss_that_never_rises_halves_at_all_of_them():
    halved, step = run(set(), lambda number: 1.0)
    assert halved == checkpoints(100)
    assert step == 2.0**-8


def test_a_rise_is_counted_in_the_period_of_its_step():
    """The step at a checkpoint belongs to the next period: of 19 from 22 to 40, 14.25 are three quarters."""
    enough = {*range(22), *range(22, 37)}
    later = {*range(22), *range(23, 37)}
    assert 41 not in run(enough, lambda number: float(number))[0]
    assert 41 in run(later, lambda number: float(number))[0]


def test_pictures_have_steps_of_their_own_and_those_left_keep_them():
    rule = StepRule(torch.zeros(3), 0.5, 100)
    for number in range(23):
        halved = rule.halved(number, torch.tensor([float(number)] * 3))
        rule.count(torch.tensor([True, False, True]))
    assert halved.tolist() == [False, True, False]
    rule.keep(torch.tensor([False, True, True]))
    assert rule.step.tolist() == [0.25, 0.5]
