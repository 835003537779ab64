"""Which engine computes, what takes over where one cannot, and that the company of a picture changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import UsageError, WeightsError
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.embedding.embed import embed
from medgraft.source.embedding.engine import ENGINES, EngineUnavailable

PREPROCESSING = Preprocessing(size=32, channels=3)


def run(pictures, job, **options):
    return embed(pictures, job, PREPROCESSING, reader=ImageReader(), **options)


class Fake:
    """An engine of constant features, on any device."""

    name, value = "fake", 1.0
    facts: ClassVar = {}

    @staticmethod
    def installed():
        return True

    @staticmethod
    def serves(job):
        return True

    @staticmethod
    def version():
        return "1"

    @classmethod
    def build(cls, job):
        return cls()

    def run(self, images, sink):
        for row, _ in images:
            sink(row, np.full(8, self.value, np.float32))


class Unavailable:
    name = "unavailable"

    @staticmethod
    def installed():
        return True

    @staticmethod
    def serves(job):
        return True

    @staticmethod
    def version():
        return "0"

    @staticmethod
    def build(job):
        raise EngineUnavailable("it knows no convolution")


def test_each_device_has_its_rows(pictures, job, monkeypatch):
    """On a GPU the engine computes in float16: its features are not those of the CPU."""
    monkeypatch.setattr(ENGINES, "_members", {"fake": Fake})
    assert run(pictures, job).forward_passes == 6
    assert run(pictures, replace(job, device="cuda")).forward_passes == 6
    assert run(pictures, job).forward_passes == 0


def test_engines_agree(pictures, job):
    one, other = (run(pictures, job, engine=name).features.astype(np.float64) for name in ("openvino", "torch"))
    np.testing.assert_allclose(one, other, atol=1e-4)
    cosine = (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert cosine.min() > 0.9999


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_a_picture_has_the_same_features_in_any_company(pictures, job, tmp_path, engine):
    """To the last bit, each time computed anew in a house of its own."""
    companies = [[0, 1, 2, 3, 4, 5], [5, 3, 1, 0, 2, 4], [2], [4, 2]]
    found = []
    for number, rows in enumerate(companies):
        fresh = replace(job, home=Home(tmp_path / f"house-{number}"))
        result = run([pictures[row] for row in rows], fresh, engine=engine)
        assert result.forward_passes == len(rows)
        found.append(dict(zip(rows, result.features, strict=True)))
    for company in found[1:]:
        for row, features in company.items():
            np.testing.assert_array_equal(features, found[0][row])


def test_features_that_are_not_finite_are_refused(pictures, job, monkeypatch):
    class Infinite(Fake):
        value = np.inf

    monkeypatch.setattr(ENGINES, "_members", {"infinite": Infinite})
    with pytest.raises(WeightsError, match="not finite"):
        run(pictures, job)
    assert not list((job.home.cache / "features").rglob("*.safetensors"))


def test_the_next_engine_takes_over_with_a_notice(pictures, job, monkeypatch):
    monkeypatch.setattr(ENGINES, "_members", {"unavailable": Unavailable, **ENGINES._members})
    progress = Progress()
    result = run(pictures, job, progress=progress)
    assert result.engine["engine"] == "openvino"
    assert progress.notices == ["the engine unavailable cannot be used here: it knows no convolution"]


def test_torch_takes_over_when_the_first_engine_cannot(pictures, job, monkeypatch):
    expected = run(pictures, job, engine="torch").features
    monkeypatch.setattr(ENGINES, "_members", {"openvino": Unavailable, "torch": ENGINES.get("torch")})
    progress = Progress()
    result = run(pictures, replace(job, home=Home(job.home.path / "other")), progress=progress)
    assert result.engine["engine"] == "torch"
    assert (result.decodes, result.forward_passes, result.failures) == (6, 6, {})
    assert len(progress.notices) == 1
    np.testing.assert_array_equal(result.features, expected)


def test_an_engine_asked_for_by_name_has_no_deputy(pictures, job, monkeypatch):
    monkeypatch.setattr(ENGINES, "_members", {"unavailable": Unavailable, **ENGINES._members})
    with pytest.raises(WeightsError, match="it knows no convolution"):
        run(pictures, job, engine="unavailable")


def test_no_engine_at_all(pictures, job, monkeypatch):
    monkeypatch.setattr(ENGINES, "_members", {"unavailable": Unavailable})
    with pytest.raises(WeightsError, match=r"no engine can run .* it knows no convolution"):
        run(pictures, job)


def test_an_unknown_engine(pictures, job):
    with pytest.raises(UsageError, match="did you mean 'openvino'"):
        run(pictures, job, engine="openvin")
