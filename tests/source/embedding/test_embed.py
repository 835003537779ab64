"""Each picture is decoded once and embedded once, ever; what cannot be read is a failure, not an exception."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import ArtifactError
from medgraft.progress import Progress
from medgraft.source.embedding.embed import Picture, embed

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


def test_the_same_weights_with_another_mean_and_std_are_another_network(pictures, job):
    """As when a file is imported again because its mean and std had been given wrongly."""
    first = run(pictures, job)
    facts = replace(job.backbone.facts, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    second = run(pictures, replace(job, backbone=replace(job.backbone, facts=facts)))
    assert second.forward_passes == 6
    assert np.abs(first.features - second.features).max() > 0.1


def test_pictures_with_the_same_content_have_the_same_row(pictures, job):
    twice = run([pictures[0], pictures[1], pictures[0]], job)
    np.testing.assert_array_equal(twice.features[0], twice.features[2])
    assert run([pictures[0]] * 4, job).forward_passes == 0


def test_no_pictures(job):
    result = run([], job)
    assert (result.features.shape, result.facts, result.decodes) == ((0, 8), [], 0)


def test_a_damaged_row_is_computed_again(pictures, job):
    first = run(pictures, job)
    for kind in ("features", "facts"):
        (shard,) = (job.home.cache / kind).rglob("*.safetensors")
        data = bytearray(shard.read_bytes())
        data[len(data) // 2] ^= 1
        shard.write_bytes(data)
        progress = Progress()
        second = run(pictures, job, progress=progress)
        assert (second.decodes, second.forward_passes) == (6, 6)
        assert any("damaged" in notice for notice in progress.notices)
        np.testing.assert_array_equal(second.features, first.features)
        assert second.facts == first.facts


def test_a_full_cache_changes_no_number(pictures, job, monkeypatch):
    expected = run(pictures, job).features
    monkeypatch.setenv("MEDGRAFT_CACHE_CAP", "0")
    for _ in range(2):
        result = run(pictures, replace(job, checksum="so that nothing is known"))
        assert result.forward_passes == 6
        np.testing.assert_array_equal(result.features, expected)
    assert not [path for path in job.home.cache.rglob("*") if path.is_file() and path.stat().st_size]


def test_a_wrong_cap_is_told_before_the_work(pictures, job, monkeypatch):
    monkeypatch.setenv("MEDGRAFT_CACHE_CAP", "plenty")
    monkeypatch.setattr(ImageReader, "read", lambda *_: pytest.fail("a picture was read"))
    with pytest.raises(ArtifactError, match="MEDGRAFT_CACHE_CAP"):
        run(pictures, job)


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n cut", None])
def test_whatever_is_wrong_with_a_file_the_others_are_fine(pictures, job, tmp_path, content):
    bad = tmp_path / "bad.png"
    if content is not None:
        bad.write_bytes(content)
    mixed = [*pictures[:2], Picture(bad, "", "bad"), *pictures[2:]]
    result = run(mixed, job)
    assert list(result.failures) == [2]
    assert result.failures[2]
    np.testing.assert_array_equal(np.delete(result.features, 2, axis=0), run(pictures, job).features)
    again = run(mixed, job)  # a failure is not kept: the file may have been mended
    assert (list(again.failures), again.decodes) == ([2], 0)


def test_what_cannot_be_read_is_a_failure(pictures, job, tmp_path):
    (tmp_path / "bad.png").write_text("not a picture")
    mixed = [pictures[0], Picture(tmp_path / "bad.png", "", "bad"), pictures[1]]
    result = run(mixed, job)
    assert list(result.failures) == [1]
    assert "not an image" in result.failures[1]
    assert np.isnan(result.features[1]).all()
    assert result.facts[1] is None
    assert np.isfinite(result.features[[0, 2]]).all()


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


def test_a_network_that_was_converted_once_needs_no_torch(pictures, job):
    """A traced one, in a process of its own: five pictures are known, the sixth is computed."""
    run(pictures[:5], job)
    code = (
        "import json, sys; from pathlib import Path\n"
        "from medgraft.home import Home; from medgraft.data.imaging.preprocess import Preprocessing\n"
        "from medgraft.data.imaging.reader import ImageReader; from medgraft.source.embedding.engine import Job\n"
        "from medgraft.source.backbones.backbone import BackboneFacts\n"
        "from medgraft.source.backbones.resolve import backbone_from_facts\n"
        "from medgraft.source.embedding.embed import Picture, embed\n"
        "facts = json.loads(sys.argv[1])\n"
        "facts = BackboneFacts(**facts | {key: tuple(facts[key]) for key in ('mean', 'std')})\n"
        "job = Job(backbone_from_facts(facts), facts.checksum, 3, 32, Home(Path(sys.argv[2])))\n"
        "pictures = [Picture(Path(path), '', f'digest-{row}') for row, path in enumerate(sys.argv[3:])]\n"
        "done = embed(pictures, job, Preprocessing(size=32, channels=3), reader=ImageReader())\n"
        "assert not {'torch', 'timm', 'torchvision', 'sklearn'} & set(sys.modules)\n"
        "print(json.dumps([done.decodes, done.forward_passes, done.features.tolist()]))\n"
    )
    arguments = [json.dumps(asdict(job.backbone.facts)), str(job.home.path), *(str(item.path) for item in pictures)]
    command = [sys.executable, "-c", code, *arguments]
    output = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert output[:2] == [1, 1]
    again = run(pictures, job)
    assert again.forward_passes == 0
    np.testing.assert_array_equal(np.array(output[2], np.float32), again.features)


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
