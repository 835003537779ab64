"""Each picture is decoded once and embedded once, ever; what cannot be read is a failure, not an exception."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import UsageError, WeightsError
from medgraft.progress import Progress
from medgraft.source.embedding.embed import Picture, common_channels, embed
from medgraft.source.embedding.engine import ENGINES, EngineUnavailable

PREPROCESSING = Preprocessing(size=32, channels=3)


def run(pictures, job, **options):
    return embed(pictures, job, PREPROCESSING, reader=ImageReader(), **options)


def test_features_and_facts_belong_to_their_picture(pictures, job, eager):
    result = run(pictures, job)
    prepared = np.stack([PREPROCESSING.apply(ImageReader().read(picture.path)) for picture in pictures])
    np.testing.assert_allclose(result.features, eager(prepared), atol=1e-5)
    assert [facts.height for facts in result.facts] == [40] * 6
    assert (result.decodes, result.forward_passes, result.failures) == (6, 6, {})


def test_the_second_time_nothing_is_done(pictures, job):
    first, second = run(pictures, job), run(pictures, job)
    np.testing.assert_array_equal(first.features, second.features)
    assert (second.decodes, second.forward_passes) == (0, 0)
    assert second.facts == first.facts


def test_only_what_is_new_is_computed(pictures, job):
    run(pictures[:4], job)
    result = run(pictures[::-1], job)
    assert (result.decodes, result.forward_passes) == (2, 2)
    np.testing.assert_array_equal(result.features[::-1], run(pictures, job).features)


def test_another_recipe_is_another_row(pictures, job):
    run(pictures, job)
    other = embed(pictures, job, Preprocessing(size=32, channels=3, fit="pad"), reader=ImageReader())
    assert other.forward_passes == 6
    assert run(pictures, replace(job, checksum="of other weights")).forward_passes == 6
    assert run(pictures, job, engine="torch").forward_passes == 6


def test_engines_agree(pictures, job):
    one, other = (run(pictures, job, engine=name).features for name in ("openvino", "torch"))
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_what_cannot_be_read_is_a_failure(pictures, job, tmp_path):
    (tmp_path / "bad.png").write_text("not a picture")
    mixed = [pictures[0], Picture(tmp_path / "bad.png", "", "bad"), pictures[1]]
    result = run(mixed, job)
    assert list(result.failures) == [1]
    assert "not an image" in result.failures[1]
    assert np.isnan(result.features[1]).all()
    assert result.facts[1] is None
    assert np.isfinite(result.features[[0, 2]]).all()


class Unavailable:
    name = "unavailable"

    @staticmethod
    def offered(device):
        return True

    @staticmethod
    def version():
        return "0"

    @staticmethod
    def build(job):
        raise EngineUnavailable("it knows no convolution")


def test_the_next_engine_takes_over_with_a_notice(pictures, job, monkeypatch):
    monkeypatch.setattr(ENGINES, "_members", {"unavailable": Unavailable, **ENGINES._members})
    progress = Progress()
    result = run(pictures, job, progress=progress)
    assert result.engine["engine"] == "openvino"
    assert progress.notices == ["the engine unavailable cannot be used here: it knows no convolution"]


def test_no_engine_at_all(pictures, job, monkeypatch):
    monkeypatch.setattr(ENGINES, "_members", {"unavailable": Unavailable})
    with pytest.raises(WeightsError, match=r"no engine can run .* it knows no convolution"):
        run(pictures, job)


def test_an_unknown_engine(pictures, job):
    with pytest.raises(UsageError, match="did you mean 'openvino'"):
        run(pictures, job, engine="openvin")


def test_an_interrupted_pass_keeps_what_it_had(pictures, job, monkeypatch):
    monkeypatch.setattr("medgraft.source.embedding.embed._SHARD_ROWS", 1)

    class Interrupting(Progress):
        def track(self, items, *, total, label):
            for number, item in enumerate(items):
                if number == 4:
                    raise KeyboardInterrupt
                yield item

    with pytest.raises(KeyboardInterrupt):
        run(pictures, job, progress=Interrupting())
    again = run(pictures, job)
    assert 0 < again.forward_passes < 6


def test_grey_or_rgb(pictures, job, tmp_path):
    from PIL import Image as PillowImage

    grey = []
    for number in range(3):
        PillowImage.fromarray(np.full((8, 8), number, np.uint8)).save(tmp_path / f"grey{number}.png")
        grey.append(Picture(tmp_path / f"grey{number}.png", "", f"grey-{number}"))
    assert common_channels(grey, job, ImageReader()) == 1
    assert common_channels(pictures, job, ImageReader()) == 3
    assert common_channels([*grey, pictures[0]], job, ImageReader()) == 3


def test_a_known_cohort_needs_no_torch(tmp_path):
    """The default backbone, twice, in processes of their own: neither imports PyTorch."""
    code = (
        "import sys, numpy as np; from pathlib import Path; from PIL import Image\n"
        "from medgraft.home import Home; from medgraft.data.imaging.preprocess import Preprocessing\n"
        "from medgraft.data.imaging.reader import ImageReader; from medgraft.source.embedding.engine import Job\n"
        "from medgraft.source.backbones.resolve import resolve_backbone\n"
        "from medgraft.source.embedding.embed import Picture, embed\n"
        "home, path = Home(Path('home')), Path('a.png')\n"
        "Image.fromarray(np.zeros((8, 8), np.uint8)).save(path)\n"
        "backbone = resolve_backbone('tf_efficientnet_lite0', home=home)\n"
        "job = Job(backbone, backbone.facts.checksum, 1, 224, home)\n"
        "done = embed([Picture(path, '', 'x')], job, Preprocessing(size=224, channels=1), reader=ImageReader())\n"
        "assert not {'torch', 'timm', 'torchvision', 'sklearn'} & set(sys.modules)\n"
        "print(done.forward_passes, done.features.sum())\n"
    )
    outputs = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path).stdout
        for _ in range(2)
    ]
    assert [line.split()[0] for line in outputs] == ["1", "0"]
    assert outputs[0].split()[1] == outputs[1].split()[1]
