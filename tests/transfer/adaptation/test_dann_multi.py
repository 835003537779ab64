"""DANN with several sources on a toy pair with a known answer."""

from __future__ import annotations


def test_it_is_the_pull_that_helps(gains, without_pull):
    before, after = gains("dann-multi", "loud-cue-sites", range(2)).T
    assert (after > before + 0.05).all()
    assert after.mean() > without_pull("loud-cue-sites", range(2)).mean() + 0.02
