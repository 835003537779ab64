"""Training against attacks: what is shown, what is minimised, what moves, and that it helps where it is known to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.transfer.training.adversary import Free, Perturbed, Trades, adversary_of, divergence
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.exposure import Learner, Plain
from medgraft.transfer.training.loop import train
from medgraft.transfer.training.objective import CrossEntropy
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.plan import AdversaryPlan
from medgraft.transfer.training.recipe import Cases, Recipe

PLAN = AdversaryPlan("pgd", epsilon=0.1, steps=12, step=0.25, beta=3.0, replays=3, judge_steps=5)
METHODS = ("fgsm", "free", "pgd", "trades")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Networks this small only lose time on more threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def plan_of(method):
    return replace(PLAN, method=method, steps=1 if method == "fgsm" else 3, step=1.25 if method == "fgsm" else 0.5)


class Linear(nn.Module):
    """Logits (0, w·x − c) of 2 × 2 pixels; keeps what it was shown, with its mode."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5, 3.0]))
        self.shown = []

    def forward(self, pixels):
        self.shown.append((self.training, pixels.detach().clone()))
        lead = pixels.flatten(1) @ self.weight - 1.25
        return torch.stack([torch.zeros_like(lead), lead], dim=1)


@pytest.fixture
def learner():
    return Learner(Linear().train(), Placement("cpu"))


PIXELS = torch.from_numpy(np.random.default_rng(0).uniform(0.3, 0.7, (6, 1, 2, 2)).astype(np.float32))
LABELS = torch.tensor([0, 1, 0, 1, 1, 0])
UPHILL = (1 - 2.0 * LABELS).view(6, 1, 1, 1) * torch.tensor([1.0, -1.0, 1.0, 1.0]).view(1, 1, 2, 2)
"""Sign of the gradient of the log-loss: towards the other class."""


def test_pgd_shows_the_worst_picture_of_a_linear_network(learner):
    loss = Perturbed(PLAN).loss(learner, [PIXELS], LABELS, CrossEntropy())
    mode, shown = learner.network.shown[-1]
    torch.testing.assert_close(shown, PIXELS + 0.1 * UPHILL)
    torch.testing.assert_close(loss, F.cross_entropy(learner.network(shown), LABELS, reduction="none"))
    assert mode and not any(training for training, _ in learner.network.shown[:-2])
    loss.sum().backward()
    assert learner.network.weight.grad is not None


def test_fgsm_takes_one_step_from_a_random_start(learner):
    torch.manual_seed(3)
    Perturbed(plan_of("fgsm")).loss(learner, [PIXELS], LABELS, CrossEntropy())
    (_, start), (_, shown) = learner.network.shown
    share = (start - PIXELS) / 0.1
    assert share.min() < -0.7 and share.max() > 0.7 and share.abs().max() <= 1 + 1e-5
    torch.testing.assert_close(shown, PIXELS + 0.1 * (share + 1.25 * UPHILL).clamp(-1, 1), atol=1e-6, rtol=0)


def test_divergence_by_hand():
    p, q = torch.tensor([[0.5, 0.25, 0.25]]), torch.tensor([[0.25, 0.25, 0.5]])
    expected = 0.5 * np.log(2) - 0.25 * np.log(2)
    assert float(divergence(p.log() + 7, q.log())) == pytest.approx(expected, abs=1e-6)
    assert float(divergence(p.log(), p.log())) == pytest.approx(0, abs=1e-7)


def test_trades_is_the_clean_loss_and_beta_times_the_divergence(learner):
    torch.manual_seed(1)
    loss = Trades(PLAN).loss(learner, [PIXELS], LABELS, CrossEntropy(0.1))
    mode, shown = learner.network.shown[-1]
    clean, attacked = learner.network(PIXELS), learner.network(shown)
    expected = CrossEntropy(0.1).loss(clean, LABELS) + 3.0 * divergence(clean, attacked)
    assert mode
    torch.testing.assert_close(loss, expected)
    # Of a linear network the answers move furthest in a corner of the ball, on either side.
    torch.testing.assert_close((shown - PIXELS).abs(), torch.full_like(PIXELS, 0.1))
    sides = ((shown - PIXELS).sign() * UPHILL[:1]).flatten(1)
    assert (sides == sides[:, :1]).all()
    # The gradient goes through both answers.
    (gradient,) = torch.autograd.grad(loss.sum(), learner.network.weight)
    (wanted,) = torch.autograd.grad(expected.sum(), learner.network.weight)
    torch.testing.assert_close(gradient, wanted)


def test_free_uses_the_backward_pass_of_the_weights(learner):
    """The perturbation by hand: nothing, then epsilon along the sign, clipped; a shorter batch takes its part."""
    free, objective = Free(PLAN), CrossEntropy()
    assert free.replays == 3
    for _ in range(2):
        free.loss(learner, [PIXELS], LABELS, objective).mean().backward()
    turned = free.loss(learner, [PIXELS], 1 - LABELS, objective)
    turned.mean().backward()
    free.loss(learner, [PIXELS[:4]], LABELS[:4], objective)
    shown = [pixels for _, pixels in learner.network.shown]
    assert len(shown) == 4 and all(mode for mode, _ in learner.network.shown)
    torch.testing.assert_close(shown[0], PIXELS)
    torch.testing.assert_close(shown[1], PIXELS + 0.1 * UPHILL)
    torch.testing.assert_close(shown[2], PIXELS + 0.1 * UPHILL)
    torch.testing.assert_close(shown[3], PIXELS[:4])
    free.begin()
    free.loss(learner, [PIXELS], LABELS, objective)
    torch.testing.assert_close(learner.network.shown[-1][1], PIXELS)


@pytest.mark.parametrize("method", METHODS)
def test_epochs_are_judged_under_an_attack_without_chance(learner, method):
    learner.network.eval()
    before = torch.get_rng_state()
    (shown,) = adversary_of(plan_of(method)).judged(learner, [PIXELS], LABELS)
    torch.testing.assert_close(shown, PIXELS + 0.1 * UPHILL)
    assert torch.equal(torch.get_rng_state(), before)
    assert learner.network.weight.grad is None and not shown.requires_grad
    assert isinstance(adversary_of(plan_of(method)), {"free": Free, "trades": Trades}.get(method, Perturbed))


def test_pixels_stay_in_their_range(learner):
    edge = torch.tensor([0.0, 1.0, 0.03, 0.98]).view(1, 1, 2, 2).expand(6, 1, 2, 2).contiguous()
    for method in METHODS:
        exposure = adversary_of(plan_of(method))
        for _ in range(2):
            exposure.loss(learner, [edge], LABELS, CrossEntropy()).sum().backward()
    for _, shown in learner.network.shown:
        assert shown.min() >= 0 and shown.max() <= 1 and (shown - edge).abs().max() <= 0.1 + 1e-6


def test_what_crosses_a_cut_is_refused(learner):
    for inputs in ([PIXELS, PIXELS], [PIXELS.flatten(1)]):
        with pytest.raises(UsageError, match="has to be given pictures"):
            Perturbed(PLAN).loss(learner, inputs, LABELS, CrossEntropy())


# On the loop.

IMAGES = np.random.default_rng(0).random((32, 1, 8, 8), dtype=np.float32)
CLASSES = np.arange(32) % 2
IMAGES[CLASSES == 1, :, ::2] *= 0.3  # class 1 is striped
RECIPE = Recipe(3, 5, 0.2, 9, 1.0, 3, "cpu", objective=CrossEntropy(0.1))


def network():
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(5)
        layers = [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.2), nn.AdaptiveAvgPool2d(2)]
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16, 2))


def examples(rows, images=IMAGES, classes=CLASSES):
    return Examples(rows, classes[rows], np.ones(len(rows)), rows, PixelFeed(lambda chosen: images[chosen]))


class PlantedError(Exception):
    pass


class StopsIn(Progress):
    """Raises in the third step of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.left = epoch

    def track(self, items, *, total, label):
        self.left -= 1
        for number, item in enumerate(items):
            if self.left == 0 and number == 3:
                raise PlantedError
            yield item


def run(folder, exposure, *, net=None, progress=None, recipe=RECIPE):
    net = net or network()
    groups = [{"params": list(net.parameters()), "lr": 0.02, "peak_lr": 0.02}]
    cases = Cases(examples(np.arange(22)), examples(np.arange(22, 32)))
    recipe = replace(recipe, exposure=exposure)
    trained = train(net, groups, cases, recipe, Checkpoints(folder, "f"), progress or Progress())
    history = [{key: value for key, value in row.items() if key != "seconds"} for row in trained.history]
    return net.state_dict(), history


@pytest.mark.parametrize("method", METHODS)
def test_a_broken_training_equals_an_unbroken_one(tmp_path, method):
    state, history = run(tmp_path / "whole", adversary_of(plan_of(method)))
    for _ in range(2):
        with pytest.raises(PlantedError):
            run(tmp_path / "broken", adversary_of(plan_of(method)), progress=StopsIn(2))
    again, told = run(tmp_path / "broken", adversary_of(plan_of(method)))
    assert told == history
    assert all(torch.equal(item, again[name]) for name, item in state.items())


def test_trades_without_beta_is_plain_training(tmp_path):
    """To the last bit, dropout and all; statistics of BatchNorm would see attacked pictures, so that they rest."""

    def without_batchnorm():
        net = network()
        net[1] = nn.Identity()
        return net

    steps = replace(RECIPE, keep="last")
    trades = replace(plan_of("trades"), beta=0.0)
    state, _ = run(tmp_path / "a", adversary_of(trades), net=without_batchnorm(), recipe=steps)
    plain, _ = run(tmp_path / "b", Plain(), net=without_batchnorm(), recipe=steps)
    assert all(torch.equal(item, plain[name]) for name, item in state.items())
    with_beta, _ = run(tmp_path / "c", adversary_of(plan_of("trades")), net=without_batchnorm(), recipe=steps)
    assert not torch.equal(with_beta["0.weight"], plain["0.weight"])


@pytest.mark.parametrize(("method", "passes"), [("fgsm", 1), ("pgd", 1), ("trades", 2), ("free", 3)])
def test_only_what_is_learnt_from_moves_statistics(tmp_path, method, passes):
    """22 cases in batches of 5 are five batches an epoch."""
    state, _ = run(tmp_path, adversary_of(plan_of(method)), recipe=replace(RECIPE, keep="last"))
    assert int(state["1.num_batches_tracked"]) == 3 * 5 * passes


def test_replays_are_steps_of_their_own(tmp_path):
    net = network()
    groups = [{"params": list(net.parameters()), "lr": 0.02, "peak_lr": 0.02}]
    recipe, checkpoints = replace(RECIPE, exposure=Free(PLAN)), Checkpoints(tmp_path, "f")
    cases = Cases(examples(np.arange(22)), examples(np.arange(22, 32)))
    train(net, groups, cases, recipe, checkpoints, Progress())
    newest = checkpoints.newest(lambda _: None)
    assert newest.tensors["optimiser/0.weight/step"] == 3 * 5 * 3
    assert 0.2 < newest.facts["history"][1]["train_loss"] < 1.5  # a mean over cases and replays


class Centred(nn.Module):
    """Pixels around 0: Adam would else take its measure from their common 0.5 and hardly move what differs little."""

    def forward(self, pixels):
        return pixels.flatten(1) - 0.5


@pytest.mark.parametrize("method", METHODS)
def test_it_lets_go_of_what_an_attack_can_turn(tmp_path, method):
    """One pixel tells the classes by more than epsilon can move, fifteen by less, and those with more certainty: plain
    training leans on them and falls under attack (after Tsipras et al. 2019)."""
    rng, epsilon = np.random.default_rng(0), 0.06
    classes = np.arange(400) % 2
    sides = (2 * classes - 1)[:, None]
    images = np.full((400, 16), 0.5) + 0.03 * sides + rng.normal(0, 0.02, (400, 16))
    images[:, 0] = 0.5 + 0.18 * sides[:, 0] + rng.normal(0, 0.05, 400)
    images = images.reshape(400, 1, 4, 4).astype(np.float32)
    cases = Cases(examples(np.arange(300), images, classes), examples(np.arange(300, 400), images, classes))

    def survive(exposure):
        """The share of validation cases whose margin is more than the attack can take."""
        net = nn.Sequential(Centred(), nn.Linear(16, 2))
        nn.init.zeros_(net[1].weight)
        nn.init.zeros_(net[1].bias)
        groups = [{"params": list(net.parameters()), "lr": 0.1, "peak_lr": 0.1}]
        folder = tmp_path / type(exposure).__name__
        recipe = Recipe(12, 20, 0.0, 99, 5.0, 0, "cpu", exposure=exposure)
        train(net, groups, cases, recipe, Checkpoints(folder, "f"), Progress())
        weight = (net[1].weight[1] - net[1].weight[0]).detach().numpy()
        bias = (net[1].bias[1] - net[1].bias[0]).detach().item()
        lead = ((images[300:].reshape(100, 16) - 0.5) @ weight + bias) * sides[300:, 0]
        return float((lead > epsilon * np.abs(weight).sum()).mean())

    assert survive(Plain()) < 0.3
    assert survive(adversary_of(replace(plan_of(method), epsilon=epsilon))) > 0.8
