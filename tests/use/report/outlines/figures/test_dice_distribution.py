from __future__ import annotations

import dataclasses
import json

import numpy as np

from medgraft.use.report.outlines.figures.dice_distribution import dice_distribution
from medgraft.use.report.outlines.run import read_outlines


def test_every_case_is_a_dot(outlined_session):
    run = read_outlines(outlined_session)
    figure = dice_distribution(run)
    json.dumps(figure.payload(), allow_nan=False)
    assert [len(box["x"]) for box in figure.data] == [18, 18]
    assert figure.data[1]["x"] == sorted(round(v, 5) for v in run.judged.loc[run.judged["label"] == "tail", "dice"])
    assert "head: 18 cases, quartiles 0.000" in figure.alt


def test_undefined_dice_is_no_dot_and_nothing_is_none(outlined_session):
    run = read_outlines(outlined_session)
    some = run.cases.assign(dice=run.cases["dice"].where(run.cases["label"] == "head"))
    assert len(dice_distribution(dataclasses.replace(run, cases=some)).data) == 1
    assert dice_distribution(dataclasses.replace(run, cases=run.cases.assign(dice=np.nan))) is None


def test_very_many_cases_are_thinned_with_their_ends(outlined_session):
    run = read_outlines(outlined_session)
    many = run.cases.loc[run.cases.index.repeat(200)].reset_index(drop=True)
    box = dice_distribution(dataclasses.replace(run, cases=many)).data[0]["x"]
    head = run.judged.loc[run.judged["label"] == "head", "dice"]
    assert len(box) == 600 and box[0] == round(head.min(), 5) and box[-1] == round(head.max(), 5)
