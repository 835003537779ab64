"""Toy pairs with a known answer, and how much a method gains on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.transfer.adaptation.acquisition import Step
from medgraft.transfer.adaptation.adaptation import Pair, SourceCases, TargetCases, TargetNetwork
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.stand_in import StandIn
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.scored import Cases
from medgraft.transfer.training.average import recompute_batchnorm

QUICK = {"hidden": 32, "steps": 120, "lr": 1e-2, "runs": 1}
"""Of deep methods."""


ALONG = np.array([-1.0, 1.0, 0, 0, 0, 0, 0, 0]) / np.sqrt(2)
"""From the first class towards the second."""


@dataclass(frozen=True)
class Toy:
    """A pair, and the labels of the target."""

    pair: Pair
    truth: np.ndarray

    def accuracy(self, probability):
        return float(np.mean(probability.argmax(axis=1) == self.truth))


def probe_head(features, labels, groups, n_classes, seed=0):
    """The source's head: the linear probe."""
    cases = Cases(features, labels, groups, n_classes)
    probe = LinearProbe(LinearProbeConfig(root=False))
    return probe.fitted(cases, inner_folds=5, seed=seed).head(rooted=False)


def paired(source, labels, target, truth, *, seed=0, sites=None):
    """A toy of these features, every case a patient."""
    source, target = source.astype(np.float32), target.astype(np.float32)
    labels, classes = labels.astype(np.int64), int(labels.max()) + 1
    groups = np.arange(len(source) + len(target))
    pair = Pair(
        SourceCases(source, labels, groups[: len(source)], sites),
        TargetCases(target, groups[len(source) :]),
        classes,
        probe_head(source, labels, groups[: len(source)], classes),
        seed=seed,
    )
    return Toy(pair, truth)


def clusters(rng, count, classes):
    """Round classes in eight columns, three units apart, as many cases of each."""
    labels = rng.permutation(np.arange(count) % classes)
    rows = 0.7 * rng.normal(size=(count, 8))
    rows[np.arange(count), labels] += 3.0 / np.sqrt(2)
    return rows, labels


def moved(seed, classes=2, offset=1.5):
    """The target's cases are stretched column by column and moved from the first class towards the second, so that the
    source's boundary cuts through a class."""
    rng = np.random.default_rng(seed)
    source, labels = clusters(rng, 200, classes)
    target, truth = clusters(rng, 200, classes)
    target = target * rng.uniform(0.8, 1.25, size=8) + offset * ALONG
    return paired(source, labels, target, truth, seed=seed)


def as_taken_there(rows, rng):
    """What the target's scanner leaves of cases: the columns that tell the classes apart are drowned in noise, others
    grow faint, and two that tell them apart less well stay."""
    there = rows.copy()
    there[:, :2] = 2.0 * rng.normal(size=(len(rows), 2)) + 1.0
    there[:, 4:] = 0.3 * rows[:, 4:]
    return there


def blinded_pair(seed):
    """A target that lacks what the source's probe reads, and a stand-in that shows it with labels."""
    rng = np.random.default_rng(seed)

    def drawn():
        rows, labels = clusters(rng, 200, 2)
        rows[:, 2] += 1.6 * labels
        rows[:, 3] -= 1.6 * labels
        return rows, labels

    (source, labels), (plain, truth) = drawn(), drawn()
    toy = paired(source, labels, as_taken_there(plain, rng), truth, seed=seed)
    seen = as_taken_there(source, rng).astype(np.float32)
    return Toy(replace(toy.pair, stand_in=StandIn(seen, (Step("gaussian-blur", 3),), 0.2, 0.01)), truth)


@pytest.fixture
def blinded():
    """``blinded(seed)``, see ``blinded_pair``."""
    return blinded_pair


def other_shares(seed):
    """Classes that overlap, 50 : 50 at the source and 90 : 10 at the target."""
    rng = np.random.default_rng(seed)

    def drawn(count, share):
        labels = (rng.random(count) < share).astype(np.int64)
        return rng.normal(size=(count, 4)) + 1.2 * labels[:, None] * np.eye(4)[0], labels

    return paired(*drawn(400, 0.5), *drawn(400, 0.1), seed=seed)


def other_region(seed):
    """A curved boundary, and a target that lies on one arm of it: of all lines the source's is a bad one there."""
    rng = np.random.default_rng(seed)

    def drawn(centre, spread):
        rows = np.column_stack([rng.normal(centre, spread, 400), rng.normal(0.0, 1.5, 400)])
        rows[:, 1] += np.where(spread < 1, centre**2, 1.0)
        return rows, (rows[:, 1] > rows[:, 0] ** 2).astype(np.int64)

    return paired(*drawn(0.0, 1.2), *drawn(1.5, 0.4), seed=seed)


def several_sites(seed):
    """Three source sites: two where column 0 says the class the other way round, one that looks like the target and is
    right about it. Columns 5 to 7 tell the site."""
    rng = np.random.default_rng(seed)

    def drawn(count, sign, place):
        labels = rng.choice(2, size=count)
        rows = 0.7 * rng.normal(size=(count, 8))
        rows[:, 0] += sign * 3.0 * (labels - 0.5)
        rows[:, place] += 3.0
        return rows, labels

    parts = [drawn(100, -1, 5), drawn(100, -1, 6), drawn(100, 1, 7)]
    source, labels = (np.concatenate(items) for items in zip(*parts, strict=True))
    return paired(source, labels, *drawn(200, 1, 7), seed=seed, sites=np.repeat(["a", "b", "c"], 100))


def two_cues(rng, count, offset):
    """Column 0 says the class at every site; column 1 says it louder, but is moved by ``offset``, which differs."""
    labels = rng.permutation(np.arange(count) % 2)
    sign, rows = 2.0 * labels - 1, rng.normal(size=(count, 6))
    rows[:, 0] = sign + 0.6 * rng.normal(size=count)
    rows[:, 1] = 2 * sign + 0.7 * rng.normal(size=count) + offset
    return rows, labels


def loud_cue(seed):
    """What is alike at both sites is the quieter cue: who learns what is common to them does well."""
    rng = np.random.default_rng(seed)
    return paired(*two_cues(rng, 200, 0.0), *two_cues(rng, 200, 3.0), seed=seed)


def loud_cue_sites(seed):
    """The same with three source sites."""
    rng = np.random.default_rng(seed)
    parts = [two_cues(rng, 100, offset) for offset in (-1.0, 0.0, 1.0)]
    source, labels = (np.concatenate(items) for items in zip(*parts, strict=True))
    return paired(source, labels, *two_cues(rng, 200, 4.0), seed=seed, sites=np.repeat(["a", "b", "c"], 100))


def wide_sites(seed):
    """Three source sites and a target with more columns than cases: sixty say the class a little, and each site moves
    all of them its own way."""
    rng = np.random.default_rng(seed)

    def drawn(count):
        labels = rng.permutation(np.arange(count) % 2)
        rows = rng.normal(size=(count, 600)) + rng.normal(size=600)
        rows[:, :60] += 0.6 * (labels[:, None] - 0.5)
        return rows, labels

    source, labels = (np.concatenate(items) for items in zip(*(drawn(100) for _ in range(3)), strict=True))
    return paired(source, labels, *drawn(100), seed=seed, sites=np.repeat(["a", "b", "c"], 100))


TOYS = {
    "blinded": blinded_pair,
    "loud-cue": loud_cue,
    "loud-cue-sites": loud_cue_sites,
    "moved": moved,
    "other-shares": other_shares,
    "other-region": other_region,
    "several-sites": several_sites,
    "wide-sites": wide_sites,
}


def adapted(name, toy, options):
    """What a method makes of a toy; deep ones are kept short."""
    member = ADAPTATIONS.get(name)
    known = member.Config.model_fields
    given = {key: value for key, value in {"root": False, **QUICK}.items() if key in known and "steps" in known}
    given |= {"root": False} if "root" in known else {}
    return member(member.Config(**{**given, **options})).adapt(toy.pair)


@pytest.fixture
def toys():
    """``toys("moved", seed)``, see ``TOYS``."""
    return lambda name, *arguments: TOYS[name](*arguments)


@pytest.fixture
def gains():
    """``gains(method, toy, seeds)``: accuracy of source-only and of the method, a row a seed."""

    def found(name, toy, seeds=range(3), **options):
        rows = []
        for seed in seeds:
            made = TOYS[toy](seed)
            rows.append((made.accuracy(made.pair.before), made.accuracy(adapted(name, made, options).probability)))
        return np.array(rows)

    return found


@pytest.fixture(scope="session")
def without_pull():
    """``without_pull(toy, seeds)``: accuracy (seeds,) of the network of the deep methods where nothing pulls sites
    together."""

    @cache
    def one(toy, seed):
        made = TOYS[toy](seed)
        return made.accuracy(adapted("mcc", made, {"weight": 0.0}).probability)

    return lambda toy, seeds: np.array([one(toy, seed) for seed in seeds])


class Net(nn.Module):
    """4 × 4 pixels, one channel → 6 features by a layer with BatchNorm, and a dropout that must stay off."""

    def __init__(self):
        super().__init__()
        self.layer, self.norm, self.drop = nn.Linear(16, 6), nn.BatchNorm1d(6), nn.Dropout(0.5)

    def forward(self, pixels):
        return torch.relu(self.drop(self.norm(self.layer(pixels.flatten(1)))))


class Stub:
    """A backbone of that network, whose statistics are those of the source's pictures."""

    facts = BackboneFacts("stub", "random", "random:1", 6, 0, 4, (0,) * 3, (1,) * 3, "bilinear", "none", "-", "-")

    def __init__(self, network):
        self._state = {name: item.clone() for name, item in network.state_dict().items()}

    def build(self, channels, state=None):
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(1)
            network = Net()
        given = self._state if state is None else {n: torch.from_numpy(np.array(v)) for n, v in state.items()}
        network.load_state_dict(given)
        return network.eval()


def features_of(network, pixels):
    with torch.inference_mode():
        return network.eval()(torch.from_numpy(pixels)).numpy()


@pytest.fixture
def scanners():
    """``scanners(seed)``: a toy with a network, whose target has another contrast and brightness; and its pictures
    without that."""

    def made(seed=0):
        rng = np.random.default_rng(seed)
        patterns = rng.normal(size=(2, 1, 4, 4))

        def drawn(count):
            labels = rng.choice(2, size=count)
            return (patterns[labels] + 0.7 * rng.normal(size=(count, 1, 4, 4))).astype(np.float32), labels

        (here, labels), (plain, truth) = drawn(120), drawn(120)
        there = (0.3 * plain + 2.0).astype(np.float32)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed + 1)
            network = Net()
        recompute_batchnorm(network, [(torch.from_numpy(here),)])
        backbone = Stub(network)
        toy = paired(features_of(network, here), labels, features_of(network, there), truth, seed=seed)
        given = TargetNetwork(backbone, lambda rows: there[rows])
        return Toy(replace(toy.pair, network=given), truth), plain

    return made


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only lose time on more threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
