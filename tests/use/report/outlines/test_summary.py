from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from medgraft.use.report.outlines.run import read_outlines
from medgraft.use.report.outlines.summary import outline_numbers, outline_use, summarise_outlines


@pytest.fixture
def run(outlined_session):
    return read_outlines(outlined_session)


def _with(run, **metrics):
    return dataclasses.replace(run, base=dataclasses.replace(run.base, metrics={**run.base.metrics, **metrics}))


def test_how_good_on_whom_compared_with_what(run):
    summary = summarise_outlines(run)
    dice = run.base.metrics["test"]["dice"]
    assert summary.headline.startswith(
        "On 18 test cases of 9 patients the model outlines head and tail with a mean Dice of"
    )
    assert f"{dice['value']:.3f} (95\u00a0% interval {dice['low']:.3f} to {dice['high']:.3f})" in summary.headline
    assert "drawing nothing would reach 0.028" in summary.headline
    assert any("HD95" in text and "volume error" in text for text in summary.sentences)
    cases = run.judged.groupby("case_id")["dice"].mean()
    assert any(f"below {np.quantile(cases, 0.1):.2f}; the worst has 0.00" in text for text in summary.sentences)
    assert any("head (17)" in text for text in summary.caveats)
    assert any("one drawn reference" in text for text in summary.caveats)


def test_a_mean_outline_is_told_and_must_be_beaten(run):
    better = {**run.base.metrics["test"], "mean_mask_dice": {"value": 0.95, "low": 0.9, "high": 0.97, "n": 18}}
    summary = summarise_outlines(_with(run, test=better))
    assert "mean outline of the training cases 0.950" in summary.headline
    assert any("not shown that the model is better" in text for text in summary.caveats)
    assert not any("not shown that the model is better" in text for text in summarise_outlines(run).caveats)


def test_poor_outlines_are_called_poor(run):
    assert not any("poor" in text for text in summarise_outlines(run).caveats)
    bad = {**run.base.metrics["test"], "dice": {"value": 0.3, "low": 0.25, "high": 0.35, "n": 18, "n_patients": 9}}
    assert any("poor" in text for text in summarise_outlines(_with(run, test=bad)).caveats)


def test_unknown_spacing_and_other_sources_are_told(run):
    meta = {**run.meta, "spacing_known": False, "warnings": ["leaking split"]}
    summary = summarise_outlines(_with(run, _meta=meta, **{"external:b": run.base.metrics["test"]}))
    assert "leaking split" in summary.caveats and any("in pixels" in text for text in summary.caveats)
    assert summary.headline.startswith("On 18 test") and any("External: b (18 cases)" in t for t in summary.sentences)


def test_nothing_evaluated(run):
    empty = dataclasses.replace(run, base=dataclasses.replace(run.base, metrics={"_meta": run.meta}))
    assert "nothing can be said" in summarise_outlines(empty).headline


def test_the_card(run):
    numbers = dict(outline_numbers(run, "test"))
    assert numbers["Test: Dice"].startswith("0.7") and "Test: Dice of tail" in numbers
    assert numbers["Test: HD95"].endswith("mm)") and "head and tail" in outline_use(run)[0]
