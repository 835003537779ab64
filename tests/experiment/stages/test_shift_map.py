"""The map before and after: one plane, known moves, nothing drawn twice where nothing moves."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.experiment.stages.shift_map import MOST_ON_THE_MAP, map_content
from medgraft.measure.shift.assessment import Evidence, assess
from medgraft.measure.shift.sides import Sides
from medgraft.transfer.adaptation.adaptation import Pair, SourceCases, TargetCases
from medgraft.transfer.adaptation.coral import Coral, CoralConfig
from medgraft.transfer.adaptation.moved import Moved
from medgraft.transfer.models.heads.linear import LinearHead

WIDTH = 6


@pytest.fixture(scope="module")
def pair():
    """The target is the source's population stretched, turned and moved: a pure affine shift."""
    random = np.random.default_rng(0)
    source = random.normal(size=(400, WIDTH))
    labels = (source[:, 0] > 0).astype(np.int64)
    target = random.normal(size=(400, WIDTH)) @ (np.eye(WIDTH) + 0.3 * random.normal(size=(WIDTH, WIDTH))) + 1.5
    head = LinearHead(np.zeros((2, WIDTH), np.float32), np.zeros(2, np.float32), False)
    groups = np.arange(800)
    return Pair(
        SourceCases(source.astype(np.float32), labels, groups[:400]),
        TargetCases(target.astype(np.float32), groups[400:]),
        2,
        head,
    )


@pytest.fixture(scope="module")
def measured(pair):
    sides = Sides.of(pair.source.features, pair.target.features)
    return sides, assess(Evidence(sides), draws=19)


def test_after_coral_of_an_affine_shift_the_sides_lie_together(pair, measured):
    moved = Coral(CoralConfig(root=False, shrinkage=0.0)).adapt(pair)
    coloured = np.concatenate([pair.source.features, pair.target.features]).astype(float)
    # The shift is of plain features here, so the map is looked at before the root that `moved` gives.
    mapped = _unrooted(moved.moved().source)
    content = map_content(*measured, Moved("source", mapped, None), 0)
    assert content["auroc"]["before"] > 0.9
    # Means that were made equal differ the other way round without a fold: below 0.5 is guessing, too.
    assert 0.2 < content["auroc"]["after"] < 0.55
    assert content["mmd"]["before"] > 0.05
    assert abs(content["mmd"]["after"]) < 0.01
    assert content["moved"] == "source"
    assert np.cov(mapped.T) == pytest.approx(np.cov(coloured[400:].T), rel=1e-2, abs=1e-2)
    assert content["after"]["target"] == content["before"]["target"]
    centres = [np.mean(content[when][side], axis=0) for when in ("before", "after") for side in ("source", "target")]
    assert np.linalg.norm(centres[2] - centres[3]) < 0.1 * np.linalg.norm(centres[0] - centres[1])


def _unrooted(rows):
    from medgraft.transfer.models.root import ROOT_EPSILON

    root = np.sqrt(ROOT_EPSILON)
    return np.sign(rows) * ((np.abs(rows) + root) ** 2 - ROOT_EPSILON)


def test_a_move_of_nothing_is_the_same_picture_and_the_same_numbers(measured):
    sides, found = measured
    content = map_content(sides, found, Moved("target", None, sides.features[sides.is_target]), 0)
    assert content["after"] == content["before"]
    assert content["auroc"]["after"] == pytest.approx(content["auroc"]["before"])
    assert content["mmd"]["after"] == pytest.approx(content["mmd"]["before"])


def test_both_drawings_are_of_one_plane(measured):
    """A step that is the same for all cases of a side moves all their dots alike."""
    sides, found = measured
    moved = Moved("source", sides.features[~sides.is_target] + np.arange(WIDTH), None)
    content = map_content(sides, found, moved, 0)
    steps = np.subtract(content["after"]["source"], content["before"]["source"])
    assert steps == pytest.approx(np.tile(steps[0], (len(steps), 1)), abs=2e-3)
    assert np.abs(steps[0]).max() > 0.1


def test_what_is_not_in_the_plane_is_not_drawn(measured):
    sides, found = measured
    nothing = map_content(sides, found, None, 0)
    assert (nothing["moved"], nothing["after"]) == ("none", None)
    assert (nothing["auroc"]["after"], nothing["mmd"]["after"]) == (None, None)
    random = np.random.default_rng(3)
    own = map_content(sides, found, Moved("own space", random.normal(size=(400, 3)), random.normal(size=(400, 3))), 0)
    assert own["after"] is None
    assert own["auroc"]["after"] == pytest.approx(0.5, abs=0.1)
    assert len(own["before"]["source"]) == len(own["before"]["target"]) == MOST_ON_THE_MAP
