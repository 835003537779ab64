"""Planted copies are found, and nothing else; rows without facts are skipped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from medgraft.insight.audit.near_pairs import NearPair, find_near_pairs


def test_planted_pairs_and_no_others(textured: Callable, facts_of: Callable) -> None:
    pictures = [textured(seed) for seed in range(30)]
    pictures += [pictures[3][:, ::-1], np.clip(1.2 * pictures[5], 0, 1), pictures[7][8:, 8:]]
    facts = [facts_of(picture) for picture in pictures]
    features = np.random.default_rng(0).normal(size=(33, 8)).astype(np.float32)  # say nothing
    features[32] = features[7]  # the crop is close in the embedding
    found = find_near_pairs(features, facts)
    assert [(pair.first, pair.second, pair.orientation) for pair in found] == [
        (3, 30, "mirrored"),
        (5, 31, "same"),
        (7, 32, "same"),
    ]
    assert all(0.7 <= pair.likeness <= 1 for pair in found)


def test_rows_without_facts_keep_their_numbers(textured: Callable, facts_of: Callable) -> None:
    facts = [None, facts_of(textured(1)), None, facts_of(textured(1)), facts_of(textured(2))]
    features = np.zeros((5, 4), np.float32)
    (pair,) = find_near_pairs(features, facts)
    assert (pair.first, pair.second) == (1, 3)
    assert find_near_pairs(features[:1], facts[:1]) == []


def test_a_pair_is_plain() -> None:
    assert NearPair(0, 1, 0.9, "same") == NearPair(0, 1, 0.9, "same")


def test_two_films_of_one_patient_are_no_copies(textured: Callable, facts_of: Callable) -> None:
    """Equal structure with noise of its own: named between strangers, not within a patient; a true copy is."""
    film = textured(1)
    noise = np.random.default_rng(0).normal(0, 0.06, film.shape)
    facts = [facts_of(film), facts_of(np.clip(film + noise, 0, 1)), facts_of(np.clip(1.1 * film, 0, 1))]
    features = np.zeros((3, 4), np.float32)
    strangers = {(pair.first, pair.second) for pair in find_near_pairs(features, facts)}
    within = {(pair.first, pair.second) for pair in find_near_pairs(features, facts, ["p", "p", "p"])}
    assert {(0, 1), (0, 2)} <= strangers
    assert within == {(0, 2)}
