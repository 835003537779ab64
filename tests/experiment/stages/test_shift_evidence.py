"""From two sides to numbers: tilted odds, plain numbers of pictures, answers that cannot be used."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFilter

from medgraft.errors import DataError
from medgraft.experiment.stages.shift_evidence import evidence_of, picture_numbers, tilted
from medgraft.experiment.stages.side_by_side import Side, SideBySide
from medgraft.progress import Progress
from medgraft.source.embedding.cases import CaseEmbedding
from medgraft.transfer.models.root import signed_root


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def _side(cases: int, seed: int, chance: float | None = 0.7) -> Side:
    random = np.random.default_rng(seed)
    labels = np.array(["no", "yes"])[np.arange(cases) % 2]
    table = pd.DataFrame({"case_id": [f"{seed}-{i}" for i in range(cases)], "label": labels, "patient_id": None})
    answers = None if chance is None else np.tile([1 - chance, chance], (cases, 1))
    features = random.normal(size=(cases, 4)).astype(np.float32)
    return Side("side", table, CaseEmbedding(features, [None] * cases), answers)


def test_the_most_probable_class_is_the_one_called() -> None:
    chances = np.random.default_rng(0).random(50)
    for positive in (0, 1):
        pairs = np.stack([1 - chances, chances] if positive == 1 else [chances, 1 - chances], axis=1)
        found = tilted(pairs, 0.3, positive)
        assert (found.argmax(axis=1) == positive).tolist() == (chances > 0.3).tolist()
        assert found.sum(axis=1) == pytest.approx(1.0)
        odds = (found[:, positive] / (1 - found[:, positive])) / (chances / (1 - chances))
        assert odds == pytest.approx(0.7 / 0.3)
        assert tilted(pairs, 0.5, positive) == pytest.approx(pairs)
    assert np.isfinite(tilted(np.array([[0.0, 1.0], [1.0, 0.0]]), 0.0, 1)).all()


def test_rooted_features_answers_and_the_cut() -> None:
    both = SideBySide(_side(20, 0), _side(12, 1), ("no", "yes"), positive=1, threshold=0.8)
    found = evidence_of(both, Progress())
    assert found.sides.features[:20] == pytest.approx(signed_root(both.source.embedding.features))
    assert (found.sides.is_target.sum(), found.sides.patients.count) == (12, 32)
    assert found.answers.labels.tolist() == [0, 1] * 10
    assert found.answers.source.argmax(axis=1).sum() == 20
    assert found.tilted.source.argmax(axis=1).sum() == 0
    assert evidence_of(replace(both, threshold=None), Progress()).tilted is None


def test_answers_that_cannot_be_used_are_told_and_left_out() -> None:
    source = _side(20, 0)
    one = replace(source, table=source.table.assign(label="yes"))
    progress = Progress()
    found = evidence_of(SideBySide(one, _side(12, 1), ("no", "yes")), progress)
    assert found.answers is None
    assert "of one class" in progress.notices[0]
    silent = evidence_of(SideBySide(_side(20, 0, None), _side(12, 1, None)), Progress())
    assert silent.answers is None
    with pytest.raises(DataError, match="at least 8"):
        evidence_of(SideBySide(source, _side(5, 1), ("no", "yes")), Progress())


def test_numbers_of_pictures(fitted) -> None:
    from medgraft.experiment.config import resolve_config
    from medgraft.experiment.stages.side_by_side import sides_of_run

    both = sides_of_run(fitted.run, fitted.cohort, resolve_config(), fitted.home, Progress())
    facts = [*both.source.embedding.facts, *both.target.embedding.facts]
    blurred = [
        replace(fact, thumbnail=_jpeg(Image.open(io.BytesIO(fact.thumbnail)).filter(ImageFilter.GaussianBlur(2))))
        for fact in both.target.embedding.facts
    ]
    target = replace(both.target, embedding=replace(both.target.embedding, facts=blurred))
    found = picture_numbers(replace(both, target=target))
    assert found["brightness"] == pytest.approx([fact.mean for fact in facts])
    assert set(found["width in pixels"]) == {64.0}
    assert np.isnan(found["mm a pixel"]).all() or np.isfinite(found["mm a pixel"]).all()
    split = len(both.source.table)
    assert found["sharpness"][split:].max() < np.median(found["sharpness"][:split])
    flat = replace(facts[0], thumbnail=_jpeg(Image.new("L", (16, 16), 7)))
    embedding = replace(both.target.embedding, facts=[None, flat, *blurred[2:]])
    odd = picture_numbers(replace(both, target=replace(both.target, embedding=embedding)))
    assert np.isnan(odd["brightness"][split])
    assert np.isnan(odd["sharpness"][split : split + 2]).all()
