"""Robust accuracy where it has a closed form, and what is told where gradients mislead."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.transfer.robustness.attacks.apgd import Apgd
from medgraft.transfer.robustness.attacks.fgsm import Fgsm
from medgraft.transfer.robustness.attacks.pgd import Pgd
from medgraft.transfer.robustness.attacks.square import Square
from medgraft.transfer.robustness.robust_accuracy import RobustAccuracy, Trial, robust_accuracy
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.pixel_feed import PixelFeed

EPSILONS = (0.05, 0.01, 0.1)


@pytest.fixture
def cases(linear):
    """Rows in another order than the pictures lie, one of them with the wrong label."""
    rows = np.random.default_rng(0).permutation(12)
    labels = np.where(rows == 5, 0, 1)
    pixels = linear.pixels.numpy()
    return Examples(rows, labels, np.ones(12), rows + 50, PixelFeed(lambda some: pixels[some]))


@pytest.mark.parametrize("batch_size", [5, 64])
def test_on_a_linear_model_it_is_who_leads_by_more_than_epsilon_can_take(linear, cases, batch_size):
    attacks = {"fgsm": Fgsm(), "pgd": Pgd(), "apgd": Apgd(steps=10)}
    found = robust_accuracy(linear.model, cases, Trial(attacks, EPSILONS, batch_size=batch_size))
    assert found.epsilons == (0.01, 0.05, 0.1)
    np.testing.assert_array_equal(found.clean, cases.rows != 5)
    for place, epsilon in enumerate(found.epsilons):
        expected = found.clean & (linear.lead[cases.rows] > linear.most(epsilon))
        for name in attacks:
            np.testing.assert_array_equal(found.correct[name][place], expected)
        assert found.accuracy()[place] == found.accuracy("pgd")[place] == expected.mean()
    assert 0 < found.accuracy()[0] < 1


def test_the_worst_of_all_attacks_and_what_no_gradient_found():
    yes = np.array([[True, True, False, True, False]])
    found = RobustAccuracy(
        clean=np.array([True, True, True, True, False]),
        epsilons=(0.1,),
        correct={"pgd": yes, "square": np.array([[True, False, True, True, False]])},
        black_box=frozenset({"square"}),
    )
    assert found.worst().tolist() == [[True, False, False, True, False]]
    assert found.accuracy().tolist() == [0.4]
    assert found.accuracy("square").tolist() == [0.6]
    assert found.masked().tolist() == [[False, True, False, False, False]]


def test_masked_gradients_are_told(linear, cases):
    def model(pixels):
        return linear.model(torch.round(pixels * 64) / 64)

    trial = Trial({"pgd": Pgd(), "square": Square(queries=300)}, (0.1,))
    assert robust_accuracy(model, cases, trial).masked().mean() > 0.3
    assert not robust_accuracy(linear.model, cases, trial).masked().any()
    assert not robust_accuracy(model, cases, Trial({"square": Square(queries=30)}, (0.1,))).masked().any()


def test_it_never_rises_with_epsilon(linear, cases):
    """Not even for an attack that is worse within a larger ball."""

    class Fickle:
        name, black_box, restarts = "fickle", True, 1

        def search(self, problem):
            share = -1.0 if problem.ball.epsilon < 0.06 else 0.0
            return problem.ball.at(share * linear.weight.sign().float().expand_as(problem.ball.centre))

    found = robust_accuracy(linear.model, cases, Trial({"fickle": Fickle()}, (0.02, 0.05, 0.1)))
    assert found.accuracy()[1] == found.accuracy()[2] < found.accuracy()[0]


def test_progress_is_told_and_nothing_to_do_is_refused(linear, cases):
    class Counted(Progress):
        total = 0

        def track(self, items, *, total, label):
            self.total = total
            yield from items

    progress = Counted()
    robust_accuracy(linear.model, cases, Trial({"fgsm": Fgsm()}, (0.01,), batch_size=5), progress)
    assert progress.total == 3
    for trial in (Trial({}, (0.1,)), Trial({"fgsm": Fgsm()}, ())):
        with pytest.raises(UsageError, match="one of each"):
            robust_accuracy(linear.model, cases, trial)
