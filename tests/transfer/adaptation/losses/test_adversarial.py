"""Adversaries by hand: what they are shown, how cases count, and which way each side is pulled."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit

from medgraft.transfer.adaptation.losses.adversarial import (
    Adversary,
    ConditionalAdversary,
    SitesAdversary,
    certainty_weights,
    conditioned,
)
from medgraft.transfer.adaptation.losses.loss import Layout, Seen
from medgraft.transfer.adaptation.losses.reversal import rising

RNG = np.random.default_rng(0)


def given(progress=0.3):
    source = torch.tensor(RNG.normal(size=(8, 4)), dtype=torch.float32, requires_grad=True)
    target = torch.tensor(RNG.normal(size=(6, 4)), dtype=torch.float32, requires_grad=True)
    logits = [torch.tensor(RNG.normal(size=(n, 3)), dtype=torch.float32) for n in (8, 6)]
    return Seen(source, target, *logits, torch.arange(8) % 3, torch.arange(8) % 2, progress, lambda rows: rows)


def made(kind, sites=1):
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return kind(Layout(4, 3, sites))


def test_conditioned_is_the_outer_product():
    features, answers = RNG.normal(size=(5, 4)), RNG.uniform(size=(5, 3))
    found = conditioned(torch.from_numpy(features), torch.from_numpy(answers)).numpy()
    np.testing.assert_allclose(found, [np.outer(a, f).ravel() for a, f in zip(answers, features, strict=True)])


def test_sure_answers_count_more():
    answers = np.array([[1.0, 0.0], [0.5, 0.5]])
    raw = 1 + np.exp([-0.0, -np.log(2)])
    np.testing.assert_allclose(certainty_weights(torch.from_numpy(answers)).numpy(), raw / raw.sum())


def test_dann_is_the_log_loss_of_the_side():
    loss, seen = made(Adversary), given()
    with torch.no_grad():
        scores = [loss.adversary(rows)[:, 0].numpy() for rows in (seen.source, seen.target)]
    wanted = -0.5 * (np.log(expit(scores[0])).mean() + np.log(1 - expit(scores[1])).mean())
    assert float(loss(seen).detach()) == pytest.approx(wanted, rel=1e-5)


def test_cdan_is_the_weighted_log_loss_of_the_side():
    loss, seen = made(ConditionalAdversary), given()
    parts = []
    for rows, logits, side in ((seen.source, seen.source_logits, 1), (seen.target, seen.target_logits, 0)):
        answers = torch.softmax(logits, dim=1).numpy().astype(np.float64)
        entropy = -(answers * np.log(answers)).sum(axis=1)
        weights = 1 + np.exp(-entropy)
        shown = np.stack([np.outer(a, f).ravel() for a, f in zip(answers, rows.detach().numpy(), strict=True)])
        with torch.no_grad():
            score = loss.adversary(torch.from_numpy(shown.astype(np.float32)))[:, 0].numpy()
        right = expit(score) if side else 1 - expit(score)
        parts.append(-(weights * np.log(right)).sum() / weights.sum())
    assert float(loss(seen).detach()) == pytest.approx(np.mean(parts), rel=1e-5)


@pytest.mark.parametrize("kind", [Adversary, ConditionalAdversary, SitesAdversary])
def test_features_are_pulled_against_the_adversary_by_the_strength(kind):
    """With progress 1 the features' gradient is the negative of what it is without reversal, times the strength."""
    loss = made(kind, 2)
    reverse, weak = given(1.0), None
    loss(reverse).backward()
    weak = [reverse.source.grad.clone(), reverse.target.grad.clone()]
    again = Seen(
        reverse.source.detach().requires_grad_(True),
        reverse.target.detach().requires_grad_(True),
        *(reverse.source_logits, reverse.target_logits, reverse.labels, reverse.sites, 0.05, reverse.classify),
    )
    loss(again).backward()
    for strong, mild in zip(weak, (again.source.grad, again.target.grad), strict=True):
        torch.testing.assert_close(strong / rising(1.0), mild / rising(0.05), rtol=1e-4, atol=1e-6)
    step = 1e-2
    moved = Seen(
        (reverse.source - step * weak[0]).detach(),
        (reverse.target - step * weak[1]).detach(),
        *(reverse.source_logits, reverse.target_logits, reverse.labels, reverse.sites, 1.0, reverse.classify),
    )
    assert float(loss(moved).detach()) > float(
        loss(reverse).detach()
    )  # a step down the gradient makes it harder to tell


def test_several_sites_are_told_apart_the_target_last():
    loss, seen = made(SitesAdversary, 2), given()
    assert loss.adversary[-1].out_features == 3
    with torch.no_grad():
        logs = [torch.log_softmax(loss.adversary(rows), dim=1).numpy() for rows in (seen.source, seen.target)]
    wanted = -0.5 * (logs[0][np.arange(8), np.arange(8) % 2].mean() + logs[1][:, 2].mean())
    assert float(loss(seen).detach()) == pytest.approx(wanted, rel=1e-5)
