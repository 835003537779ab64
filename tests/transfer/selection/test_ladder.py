"""The ladder: what is tried in which order, what is dropped, and that the best so far can be used at any moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.data.cohort.folds import grouped_folds
from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.transfer.selection.choice import Judge
from medgraft.transfer.selection.ladder import Ground, Ladder, Planned

from .conftest import CLOCK, FITTED, source

GOOD, BAD = {"kind": "planted", "sharp": 1.0}, {"kind": "planted", "sharp": 0.1}


def climb(tmp_path, sources, lower, upper, *, budget=1000.0, reserve=1.0):
    material = sources[0][0].material
    fold = grouped_folds(material.labels, material.groups, folds=5, seed=0)
    ground = Ground(fold, Judge(material.labels, 1, material.groups, 0), budget, reserve, CLOCK)
    planned = [Planned(one.name, lambda one=one: one, expected) for one, expected in sources]
    return Ladder(ground, lower, upper, Progress()).run(planned)


def test_all_sources_get_every_head_and_only_the_best_are_trained(tmp_path):
    sources = [(source("bad", noise=8.0, folder=tmp_path), 1.0), (source("good", folder=tmp_path), 1.0)]
    done = climb(tmp_path, sources, [GOOD], [{"kind": "trained", "sharp": 1.0}])
    tried = [trial.candidate.name for trial in done.trials]
    assert tried == ["bad · planted", "good · planted", "good · trained"]
    assert done.chosen.candidate.name == "good · planted"
    assert done.made is None
    assert done.ended == "all candidates were tried"


def test_a_training_that_is_better_is_chosen_and_made(tmp_path):
    done = climb(tmp_path, [(source(folder=tmp_path), 1.0)], [BAD], [{"kind": "trained", "sharp": 1.0}])
    assert done.chosen.candidate.kind == "trained"
    assert done.made is not None
    name, final = FITTED[-1]
    assert name == "trained"
    np.testing.assert_array_equal(final.is_val, source().material.is_val)
    assert len(final.labels) == len(source().material.labels)


def test_a_training_that_is_not_ahead_costs_one_fold(tmp_path):
    done = climb(tmp_path, [(source(folder=tmp_path), 1.0)], [GOOD], [{"kind": "trained", "sharp": 0.1}])
    trial = done.trials[-1]
    assert (trial.status, trial.folds_done) == ("dropped", 1)
    assert "to the best so far" in trial.reason


def test_a_training_leaves_time_for_its_other_folds_and_its_model(tmp_path):
    trained = {"kind": "trained", "sharp": 1.0, "seconds": 400.0}
    done = climb(tmp_path, [(source(folder=tmp_path), 1.0)], [BAD], [trained], budget=1000.0)
    trial = done.trials[-1]
    assert trial.status == "complete"
    assert trial.epochs == 1
    assert done.made is not None
    assert CLOCK.now <= 1000.0 - 1.0


def test_not_one_epoch_in_time_is_said(tmp_path):
    trained = {"kind": "trained", "sharp": 1.0, "seconds": 4000.0}
    done = climb(tmp_path, [(source(folder=tmp_path), 1.0)], [BAD], [trained], budget=100.0)
    assert done.trials[-1].status == "no time"
    assert done.chosen.candidate.kind == "planted"


def test_what_is_left_goes_to_a_training_that_had_no_time(tmp_path):
    trained = {"kind": "trained", "sharp": 1.0, "seconds": 120.0}  # 30 an epoch; its share is 15
    done = climb(tmp_path, [(source(folder=tmp_path), 1.0)], [BAD], [trained], budget=100.0)
    trial = done.trials[-1]
    assert (trial.status, trial.folds_done, trial.epochs) == ("ahead", 1, 1)
    assert "on the one fold that there was time for" in trial.reason
    assert done.chosen is trial
    assert done.made is not None
    assert CLOCK.now <= 99.0


def test_on_one_fold_it_has_to_be_surely_ahead(tmp_path):
    trained = {"kind": "trained", "sharp": 0.98, "seconds": 120.0}
    done = climb(
        tmp_path, [(source(folder=tmp_path), 1.0)], [{"kind": "planted", "sharp": 0.95}], [trained], budget=100.0
    )
    trial = done.trials[-1]
    assert trial.status == "dropped"
    assert "to the best so far on the one fold" in trial.reason
    assert done.chosen.candidate.kind == "planted"
    assert done.made is None


def test_the_first_source_is_tried_whatever_it_costs_and_others_only_in_time(tmp_path):
    sources = [(source("first", folder=tmp_path), 9e9), (source("second", folder=tmp_path), 9e9)]
    done = climb(tmp_path, sources, [GOOD], [], budget=0.5, reserve=0.4)
    assert [trial.candidate.name for trial in done.trials] == ["first · planted"]
    assert done.trials[0].status == "complete"
    assert "no time" in done.left_out["second"]


def test_the_end_of_the_time_ends_the_upper_rungs(tmp_path):
    done = climb(tmp_path, [(source(folder=tmp_path), 1.0)], [GOOD], [{"kind": "trained"}], budget=3.0)
    assert [trial.candidate.kind for trial in done.trials] == ["planted"]
    assert done.ended == "the time was up"


@pytest.mark.parametrize("where", ["lower", "upper"])
def test_ctrl_c_keeps_the_best_so_far(tmp_path, where):
    stop = {"kind": "planted" if where == "lower" else "trained", "fails": "ctrl-c"}
    lower, upper = ([GOOD, stop], []) if where == "lower" else ([GOOD], [stop])
    done = climb(tmp_path, [(source(folder=tmp_path), 1.0)], lower, upper)
    assert done.ended == "it was stopped by hand"
    assert done.chosen.candidate.settings == GOOD


def test_ctrl_c_before_anything_is_complete_says_so(tmp_path):
    done = climb
    with pytest.raises(UsageError, match="nothing could be tried"):
        done(tmp_path, [(source(folder=tmp_path), 1.0)], [{"kind": "planted", "fails": "ctrl-c"}], [])


def test_what_fails_is_told_and_left_out(tmp_path):
    done = climb(tmp_path, [(source(folder=tmp_path), 1.0)], [{"kind": "planted", "fails": "data"}, GOOD], [])
    assert (done.trials[0].status, done.trials[0].reason) == ("failed", "planted")
    assert done.chosen is done.trials[1]


def test_a_source_that_cannot_be_made_is_left_out_with_its_reason(tmp_path):
    def refuse():
        raise UsageError("no such weights")

    one = source(folder=tmp_path)
    fold = grouped_folds(one.material.labels, one.material.groups, folds=5, seed=0)
    ground = Ground(fold, Judge(one.material.labels, 1, one.material.groups, 0), 1000.0, 1.0, CLOCK)
    done = Ladder(ground, [GOOD], [], Progress()).run([Planned("x", refuse), Planned("y", lambda: one)])
    assert done.left_out == {"x": "no such weights"}
    assert done.sources == ["y"]


def test_several_side_by_side_are_stacked_and_the_best_single_one_is_trained(tmp_path):
    """``stacked`` is for joined sources only; what has no network of its own is not trained."""
    joined = replace(source("a+b", folder=tmp_path), joined=True, trainable=False)
    sources = [(source("a", noise=4.0, folder=tmp_path), 1.0), (source("bad", noise=9.0, folder=tmp_path), 1.0)]
    trained = {"kind": "trained", "sharp": 1.0}
    done = climb(tmp_path, [*sources, (joined, 1.0)], [GOOD, {"kind": "stacked"}], [trained])
    tried = [trial.candidate.name for trial in done.trials]
    assert tried == ["a · planted", "bad · planted", "a+b · planted", "a+b · stacked", "a · trained"]
    assert done.trials[3].status == "failed"  # the planted material says one backbone
    assert done.chosen.candidate.name == "a+b · planted"


def test_without_a_network_nothing_is_trained(tmp_path):
    only = replace(source("classical", folder=tmp_path), trainable=False)
    done = climb(tmp_path, [(only, 1.0)], [GOOD], [{"kind": "trained"}])
    assert [trial.candidate.name for trial in done.trials] == ["classical · planted"]
