"""The contract, over every registered attack, and what is the same for all of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from medgraft.errors import DataError, UsageError
from medgraft.transfer.robustness.attacks.attack import Batch, Kept, Problem, attacked, log_loss
from medgraft.transfer.robustness.attacks.catalogue import ATTACKS, AnyAttack
from medgraft.transfer.training.perturbation import Ball

NAMES = list(ATTACKS)
QUICK = {"pgd": {"steps": 5}, "apgd": {"steps": 10}, "square": {"queries": 30}}
EPSILON = 0.05


class Net(nn.Module):
    """Three classes by a convolution with BatchNorm and dropout; in double precision inside, so that the sign of a
    gradient does not hang on the batch."""

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(3)
            layers = [nn.Conv2d(2, 5, 3), nn.BatchNorm2d(5), nn.Softplus(), nn.Dropout(0.5)]
            self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(5 * 16, 3)).double()

    def forward(self, pixels):
        return self.body(pixels.double() * 8 - 4)


def batch(rows=range(10)):
    draws = np.random.default_rng(1)
    pixels = torch.from_numpy(draws.random((10, 2, 6, 6), dtype=np.float32))
    with torch.no_grad():
        labels = Net().eval()(pixels).argmax(dim=1)
    labels[3] = (labels[3] + 1) % 3  # one that is answered wrongly as it is
    rows = list(rows)
    return Batch(pixels[rows], labels[rows], np.arange(100, 110)[rows])


def made(name):
    return ATTACKS.get(name)(**QUICK.get(name, {}))


@pytest.fixture(params=NAMES)
def attack(request):
    return made(request.param)


def test_it_stays_in_the_ball_and_in_the_range_and_keeps_its_word(attack):
    given = batch()
    before = given.pixels.clone()
    found = attacked(attack, Net(), given, epsilon=EPSILON)
    assert found.pixels.shape == given.pixels.shape and found.pixels.dtype == torch.float32
    assert float((found.pixels - before).abs().max()) <= EPSILON + 1e-6
    assert float(found.pixels.min()) >= 0 and float(found.pixels.max()) <= 1
    assert torch.equal(given.pixels, before)
    with torch.no_grad():
        right = Net().eval()(found.pixels).argmax(dim=1) == given.labels
    assert torch.equal(right, found.right)
    assert found.clean.tolist() == [place != 3 for place in range(10)]
    assert not (found.right & ~found.clean).any()


def test_its_own_search_stays_in_the_ball_too(attack):
    given = batch([0, 1, 2, 4, 5])
    draws = tuple(np.random.default_rng(place) for place in range(5))
    problem = Problem(Net().eval(), Ball(given.pixels, EPSILON), given.labels, draws)
    found = attack.search(problem)
    torch.testing.assert_close(problem.ball.project(found), found, rtol=0, atol=1e-6)


def test_it_makes_things_worse(attack):
    given, net = batch(), Net().eval()
    found = attacked(attack, net, given, epsilon=EPSILON)
    with torch.no_grad():
        before, after = (log_loss(net(pixels), given.labels) for pixels in (given.pixels, found.pixels))
    assert (after >= before - 1e-6).all()
    assert (after > before)[found.clean].double().mean() > 0.8


def test_the_model_comes_back_as_it_was(attack):
    net = Net().train()
    net.body[1].eval()
    net.body[5].weight.grad = torch.full_like(net.body[5].weight, 2.0)
    state = {name: item.clone() for name, item in net.state_dict().items()}
    modes = [module.training for module in net.modules()]
    attacked(attack, net, batch(), epsilon=EPSILON)
    assert [module.training for module in net.modules()] == modes
    assert all(torch.equal(item, state[name]) for name, item in net.state_dict().items())
    assert all(item.requires_grad for item in net.parameters())
    grads = {name: item.grad for name, item in net.named_parameters() if item.grad is not None}
    assert list(grads) == ["body.5.weight"] and (grads["body.5.weight"] == 2.0).all()


def test_a_model_in_training_is_attacked_as_it_answers(attack):
    """Dropout and batch statistics off: the same as one in eval mode."""
    found = [attacked(attack, net, batch(), epsilon=EPSILON).pixels for net in (Net().train(), Net().eval())]
    assert torch.equal(*found)


def test_a_picture_gets_the_same_in_any_batch_and_the_same_twice(attack):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    whole = attacked(attack, Net(), batch(), epsilon=EPSILON, seed=5).pixels
    assert torch.equal(whole, attacked(attack, Net(), batch(), epsilon=EPSILON, seed=5).pixels)
    for rows in ([2], [7, 0, 4]):
        part = attacked(attack, Net(), batch(rows), epsilon=EPSILON, seed=5).pixels
        torch.testing.assert_close(part, whole[rows], rtol=0, atol=1e-6)
    assert torch.equal(torch.get_rng_state(), before)


def test_within_nothing_nothing_changes(attack):
    given = batch()
    found = attacked(attack, Net(), given, epsilon=0.0)
    assert torch.equal(found.pixels, given.pixels) and torch.equal(found.right, found.clean)


def test_who_is_wrong_already_is_left_alone_and_an_empty_batch_is_no_error(attack):
    found = attacked(attack, Net(), batch([3]), epsilon=EPSILON)
    assert torch.equal(found.pixels, batch([3]).pixels)
    assert len(attacked(attack, Net(), batch([]), epsilon=EPSILON).pixels) == 0


@pytest.mark.parametrize("name", NAMES)
def test_options_are_closed_described_and_come_back(name):
    member, adapter = ATTACKS.get(name), TypeAdapter(AnyAttack)
    assert member.name == name == member().kind and member.__doc__
    assert adapter.validate_python(member().model_dump()) == member()
    assert member().restarts >= 1 and isinstance(member.black_box, bool)
    with pytest.raises(ValidationError):
        member(nonsense=1)
    assert all(field.description for key, field in member.model_fields.items() if key != "kind")


class Lucky:
    """Finds something only when tried again: each restart darkens by another share of epsilon."""

    name, black_box, restarts = "lucky", True, 3

    def __init__(self):
        self.tried = []

    def search(self, problem):
        self.tried.append(len(problem))
        return problem.ball.at(-torch.ones_like(problem.ball.centre) * len(self.tried) / 3)


def test_restarts_go_on_with_who_is_still_right_and_the_worst_is_kept():
    """A picture is of class 1 while its mean is above 0.5; twelve of them have means from 0.513 to 0.623."""
    means = torch.arange(12) / 100 + 0.513
    given = Batch(means.view(-1, 1, 1, 1).expand(12, 1, 2, 2).clone(), torch.ones(12, dtype=torch.long), np.arange(12))

    def model(pixels):
        lead = 50 * (pixels.mean(dim=(1, 2, 3)) - 0.5)
        return torch.stack([torch.zeros_like(lead), lead], dim=1)

    attack = Lucky()
    found = attacked(attack, model, given, epsilon=0.075)
    assert attack.tried == [12, 10, 8]  # 0.025 fools the first two, 0.05 two more, 0.075 three more
    assert found.right.tolist() == [place >= 7 for place in range(12)]
    fallen = (given.pixels - found.pixels).mean(dim=(1, 2, 3))
    torch.testing.assert_close(fallen, torch.tensor([0.025] * 2 + [0.05] * 2 + [0.075] * 8))


def test_an_attack_that_leaves_the_ball_is_brought_back():
    class Wild:
        name, black_box, restarts = "wild", True, 1

        def search(self, problem):
            return problem.ball.centre + 7

    given = batch()
    found = attacked(Wild(), Net(), given, epsilon=EPSILON)
    assert float((found.pixels - given.pixels).abs().max()) <= EPSILON + 1e-6


def test_what_is_kept_is_wrong_first_and_then_the_highest_loss():
    clean = torch.zeros(3, 1, 1, 1)
    kept = Kept(Problem(lambda pixels: pixels, Ball(clean, 1.0), torch.zeros(3, dtype=torch.long), ()))

    def offer(values, loss, right):
        kept.offer(torch.tensor(values).view(-1, 1, 1, 1), torch.tensor(loss), torch.tensor(right))

    offer([0.1, 0.2, 0.3], [1.0, 1.0, 5.0], [True, True, True])
    offer([0.4, 0.5, 0.6], [2.0, 0.5, 1.0], [True, True, False])  # the third one is done
    offer([0.7, 0.8], [1.0, 3.0], [True, True])
    torch.testing.assert_close(kept.pixels.flatten(), torch.tensor([0.4, 0.8, 0.6]))


@pytest.mark.parametrize("epsilon", [-0.1, 4.0, float("nan")])
def test_an_epsilon_in_grey_levels_is_refused(epsilon):
    with pytest.raises(UsageError, match="as 4/255"):
        attacked(made("fgsm"), Net(), batch(), epsilon=epsilon)


def test_pixels_labels_and_answers_that_do_not_serve_are_refused():
    given, attack = batch(), made("fgsm")
    for value in (255.0, -0.1, float("nan")):
        pixels = given.pixels.clone()
        pixels[0, 0, 0, 0] = value
        with pytest.raises(DataError, match="normalisation is in the model"):
            attacked(attack, Net(), Batch(pixels, given.labels, given.index), epsilon=EPSILON)
    with pytest.raises(DataError, match="class indices"):
        attacked(attack, Net(), Batch(given.pixels, given.labels + 1, given.index), epsilon=EPSILON)
    with pytest.raises(UsageError, match="9 labels"):
        attacked(attack, Net(), Batch(given.pixels, given.labels[1:], given.index), epsilon=EPSILON)
    with pytest.raises(DataError, match="not finite"):
        attacked(attack, lambda pixels: Net().eval()(pixels) * torch.nan, given, epsilon=EPSILON)
