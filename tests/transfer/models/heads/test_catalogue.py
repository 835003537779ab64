"""One contract for every head in the registry: it comes back from its parts, and a case never depends on its
neighbours."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.catalogue import HEADS
from medgraft.transfer.models.heads.fourier import FourierHead
from medgraft.transfer.models.heads.gallery import GalleryHead, unit_rows
from medgraft.transfer.models.heads.grades import GradesHead
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.heads.mlp import MlpHead
from medgraft.transfer.models.heads.per_site import PerSiteHead
from medgraft.transfer.models.heads.shifted import ShiftedHead
from medgraft.transfer.models.heads.sigmoid import SigmoidHead
from medgraft.transfer.models.heads.trees import Trees, TreesHead

RNG = np.random.default_rng(0)
EXAMPLES = {
    "linear": [
        LinearHead(RNG.normal(size=(3, 6)).astype(np.float32), np.ones(3, np.float32)),
        LinearHead(RNG.normal(size=(2, 6)).astype(np.float32), np.ones(2, np.float32), rooted=True, sharpness=2.0),
    ],
    "grades": [GradesHead(RNG.normal(size=(2, 6)).astype(np.float32), np.ones(2, np.float32), rooted=True)],
    "sigmoid": [SigmoidHead(RNG.normal(size=(3, 6)).astype(np.float32), np.ones(3, np.float32), rooted=True)],
    "per-site": [
        PerSiteHead(
            LinearHead(RNG.normal(size=(2, 6)).astype(np.float32), np.ones(2, np.float32), rooted=True),
            tuple(
                LinearHead(RNG.normal(size=(3, 6)).astype(np.float32), np.ones(3, np.float32), rooted=True)
                for _ in range(2)
            ),
        )
    ],
    "gallery": [
        GalleryHead(
            *(unit_rows(RNG.normal(size=(9, 6)), np.zeros(6), np.ones(6)), np.arange(9) % 3),
            *(np.zeros(6, np.float32), np.ones(6, np.float32), np.array([0.1, 0.0, -0.1])),
            *(2.5, 4, True),
        )
    ],
    "fourier": [
        FourierHead(
            *(RNG.normal(size=6), np.array([1.0, 2.0, np.inf, 1.0, 0.5, 1.0])),
            *(RNG.normal(size=(4, 6)), RNG.normal(size=(37, 4)), RNG.uniform(0, 6, 37)),
            *(RNG.normal(size=(3, 37)), RNG.normal(size=3), rooted),
        )
        for rooted in (False, True)
    ],
    "trees": [
        TreesHead(
            *(RNG.normal(size=6), np.array([1.0, 2.0, np.inf, 1.0, 0.5, 1.0]), RNG.normal(size=(4, 6))),
            Trees(
                np.array([[0, -1, 3, -1, -1], [1, -1, -1, -1, -1], [-1] * 5]),
                RNG.normal(size=(3, 5)).astype(np.float32),
                *(np.array([[1, -1, 3, -1, -1], [1, -1, -1, -1, -1], [-1] * 5]),),
                *(np.array([[2, -1, 4, -1, -1], [2, -1, -1, -1, -1], [-1] * 5]),),
                *(RNG.normal(size=(3, 5)), np.array([0, 2, 1])),
            ),
            *(1.5, np.array([0.1, 0.0, -0.1]), True),
        )
    ],
    "mlp": [
        MlpHead(
            *(RNG.normal(size=6), np.array([1.0, 2.0, np.inf, 1.0, 0.5, 1.0])),
            *(RNG.normal(size=(9, 6)).astype(np.float32), RNG.normal(size=9).astype(np.float32)),
            *(RNG.normal(size=(3, 9)).astype(np.float32), RNG.normal(size=3).astype(np.float32)),
            True,
        )
    ],
    "shifted": [
        ShiftedHead(
            LinearHead(RNG.normal(size=(3, 6)).astype(np.float32), np.ones(3, np.float32), True, sharpness=sharpness),
            np.array([0.5, 0.0, -1.0]),
        )
        for sharpness in (0.0, 2.0)
    ],
}
"""Heads on six features, a few of every kind."""
ALL = [pytest.param(head, id=f"{kind}-{number}") for kind, made in EXAMPLES.items() for number, head in enumerate(made)]


def cases(seed=1):
    rows = np.random.default_rng(seed).normal(size=(12, 6)).astype(np.float32)
    return Bags(rows, np.array([0, 1, 4, 6, 9, 12], np.int64))


def test_every_kind_has_an_example():
    assert set(EXAMPLES) == set(HEADS)
    for kind, made in EXAMPLES.items():
        assert all(type(head) is HEADS.get(kind) and head.kind == kind for head in made)


@pytest.mark.parametrize("head", ALL)
def test_it_comes_back_from_its_parts(head):
    facts = json.loads(json.dumps(head.facts(), allow_nan=False))
    again = type(head).restore(head.tensors(), facts)
    assert again.shape == head.shape
    np.testing.assert_array_equal(again.answers(cases()), head.answers(cases()))
    assert isinstance(head.gallery, bool)


@pytest.mark.parametrize("head", ALL)
def test_answers_are_probabilities_and_each_case_is_alone(head):
    bags = cases()
    answers = head.answers(bags)
    assert answers.shape == (len(bags), head.shape[0])
    assert (answers >= 0).all()
    assert (answers <= 1).all()
    if head.kind != "sigmoid":  # chances of labels that do not exclude each other need not sum to one
        np.testing.assert_allclose(answers.sum(axis=1), 1.0)
    for case in range(len(bags)):
        np.testing.assert_array_equal(head.answers(bags.take(np.array([case]))), answers[case : case + 1])


@pytest.mark.parametrize("head", ALL)
def test_attention_sums_to_one_over_a_case(head):
    weights = head.attention(cases())
    if weights is not None:
        np.testing.assert_allclose(np.add.reduceat(weights, cases().starts[:-1], axis=0), 1.0)
