"""The heads as tensors say what the heads in numpy say, and their slopes are those of finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit

from medgraft.insight.explanation.log_odds import has_gradient, log_odds
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.catalogue import HEADS
from medgraft.transfer.models.heads.fourier import FourierHead
from medgraft.transfer.models.heads.gallery import GalleryHead
from medgraft.transfer.models.heads.grades import GradesHead
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.heads.mlp import MlpHead
from medgraft.transfer.models.heads.per_site import PerSiteHead
from medgraft.transfer.models.heads.shifted import ShiftedHead
from medgraft.transfer.models.heads.sigmoid import SigmoidHead

D = 7


def _heads():
    rng = np.random.default_rng(0)

    def linear(classes, rooted=False):
        return LinearHead(
            rng.normal(size=(classes, D)).astype(np.float32), rng.normal(size=classes).astype(np.float32), rooted
        )

    one_sided = LinearHead(np.stack([np.zeros(D), rng.normal(size=D)]).astype(np.float32), np.zeros(2, np.float32))
    mean, scale = rng.normal(size=D), rng.uniform(0.5, 2, D)
    unread = np.where(np.arange(D) == 2, np.inf, scale)
    mlp = MlpHead(mean, unread, *(rng.normal(size=s).astype(np.float32) for s in ((5, D), 5, (3, 5), 3)), rooted=True)
    shapes = ((4, D), (9, 4), 9, (3, 9), 3)
    return {
        "two classes": linear(2),
        "one output": one_sided,
        "rooted": linear(3, rooted=True),
        "sigmoid": SigmoidHead(linear(4).weight, linear(4).bias),
        "grades": GradesHead(linear(3).weight, linear(3).bias),
        "per-site": PerSiteHead(linear(2), (linear(3), linear(3))),
        "mlp": mlp,
        "fourier": FourierHead(mean, scale, *(rng.normal(size=s) for s in shapes), rooted=False),
        "shifted": ShiftedHead(linear(3), np.array([0.5, -1.0, 0.0])),
    }


HEADS_HERE = _heads()


@pytest.fixture(params=HEADS_HERE)
def head(request):
    return HEADS_HERE[request.param]


@pytest.fixture
def features():
    return np.random.default_rng(1).normal(size=(6, D)).astype(np.float32)


def test_the_same_answer(head, features):
    ours = expit(log_odds(head, torch.from_numpy(features)).numpy())
    np.testing.assert_allclose(ours, head.answers(Bags.single(features)), atol=1e-6)


def test_slopes_are_those_of_finite_differences(head, features):
    x = torch.from_numpy(features[:1].astype(np.float64)).requires_grad_()
    assert torch.autograd.gradcheck(lambda rows: log_odds(head, rows), (x,), eps=1e-5, atol=1e-3)


def test_every_kind_of_head_is_told_apart():
    """A new head must be added to one side or the other."""
    with_gradient = {one.kind for one in HEADS_HERE.values()}
    assert set(HEADS) - with_gradient == {"gallery", "trees"}
    assert all(has_gradient(one) for one in HEADS_HERE.values())


def test_a_gallery_has_none():
    rows = np.eye(2, D, dtype=np.float32)
    ones = np.ones(D, np.float32)
    gallery = GalleryHead(rows, np.array([0, 1]), 0 * ones, ones, np.zeros(2), 1.0, 1, False)
    assert not has_gradient(gallery)


def test_a_class_without_a_weight_of_its_own_has_a_slope():
    """Where a head lays its whole margin on one class, the logit of the other has no slope: its log-odds has."""
    x = torch.ones(1, D, dtype=torch.float64, requires_grad=True)
    slopes = [torch.autograd.grad(log_odds(HEADS_HERE["one output"], x)[0, place], x)[0] for place in (0, 1)]
    np.testing.assert_allclose(slopes[0].numpy(), -slopes[1].numpy())
    assert float(slopes[0].abs().min()) > 0
