"""M3SDA on a toy pair with a known answer."""

from __future__ import annotations


def test_it_is_the_pull_that_helps(gains, without_pull):
    before, after = gains("m3sda", "loud-cue-sites", range(2), weight=0.3).T
    assert (after > before + 0.05).all()
    assert after.mean() > without_pull("loud-cue-sites", range(2)).mean() + 0.02


def test_the_default_does_no_harm_where_columns_outnumber_cases(gains):
    plain, default, strong = (
        gains("m3sda", "wide-sites", range(2), hidden=128, **options)[:, 1].mean()
        for options in ({"weight": 0.0}, {}, {"weight": 0.3})
    )
    assert default > plain - 0.03
    assert strong < plain - 0.05
