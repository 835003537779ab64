"""Prediction is features through the head, from a bundle that was checked."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image as PillowImage
from scipy.special import softmax
from torch import nn

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import ArtifactError, WeightsError
from medgraft.home import Home
from medgraft.source.backbones.custom import register_backbone
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.bags import Bags
from medgraft.source.embedding.cases import CaseEmbedding
from medgraft.source.embedding.embed import Picture
from medgraft.transfer.models.bundle import Bundle, write_bundle
from medgraft.transfer.models.calibration import Calibration
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.tasks.classification import Classification
from medgraft.use.prediction.predictor import Predictor


def pictures(fitted, count=3):
    links = pd.read_parquet(fitted.run / "private" / "links.parquet").head(count)
    return [Picture(Path(row.path), row.member, row.sha256) for row in links.itertuples()]


def test_probabilities_are_features_through_the_head(fitted):
    predictor = Predictor.load(fitted.run, fitted.home)
    answer = predictor.predict(pictures(fitted), reader=ImageReader())
    np.testing.assert_array_equal(answer.probability, predictor.bundle.head.probabilities(answer.embedding.features))
    assert answer.embedding.forward_passes == 0  # known from the fit


def test_features_alone(fitted):
    predictor = Predictor.load(fitted.run, fitted.home)
    answer = predictor.predict(pictures(fitted), reader=ImageReader())
    np.testing.assert_array_equal(
        predictor.embed(pictures(fitted), reader=ImageReader()).features, answer.embedding.features
    )


def test_the_threshold_decides(fitted):
    predictor = Predictor.load(fitted.run / "bundle", fitted.home)
    answer = predictor.predict(pictures(fitted, 20), reader=ImageReader())
    task, cut = predictor.bundle.task, predictor.bundle.calibration.threshold
    assert cut is not None
    positive = answer.probability[:, task.positive_index] >= cut
    assert [label == task.positive for label in answer.label] == positive.tolist()


def test_what_cannot_be_read_has_no_answer(fitted, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    bad = Picture(tmp_path / "bad.png", "", "bad")
    answer = Predictor.load(fitted.run, fitted.home).predict([bad, *pictures(fitted)], reader=ImageReader())
    assert answer.label[0] is None
    assert np.isnan(answer.probability[0]).all()
    assert list(answer.embedding.failures) == [0]
    assert np.isfinite(answer.probability[1:]).all()


def test_engines_agree(fitted):
    one, other = (
        Predictor.load(fitted.run, fitted.home, engine=name).predict(pictures(fitted), reader=ImageReader())
        for name in ("openvino", "torch")
    )
    np.testing.assert_allclose(one.probability, other.probability, atol=1e-4)


def test_pixels_are_answered_as_the_files_that_hold_them(fitted):
    predictor, some = Predictor.load(fitted.run, fitted.home), pictures(fitted)
    apply = predictor.bundle.preprocessing.apply
    pixels = np.stack([apply(ImageReader().read(one.path, one.member)) for one in some])
    expected = predictor.predict(some, reader=ImageReader()).probability
    np.testing.assert_allclose(predictor.of_pixels()(pixels), expected, atol=1e-6)


def test_a_damaged_bundle_is_refused(fitted, tmp_path):
    shutil.copytree(fitted.run / "bundle", tmp_path / "bundle")
    weights = tmp_path / "bundle" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ArtifactError, match=r"changed model\.safetensors"):
        Predictor.load(tmp_path, fitted.home)


# A bundle made by hand, whose every number is known.

_NUMBERS = itertools.count()


def tiny_network():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def hand_made(home, labels=("a", "b"), positive="b", threshold=0.5, channels=3):
    """A bundle and its network; weights of the network are not those that are registered."""
    name = f"tiny-predictor-{next(_NUMBERS)}"
    register_backbone(name, tiny_network, size=32, mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.3))
    backbone = resolve_backbone(name, home=home)
    rng = np.random.default_rng(len(labels))
    drawn = {key: value.numpy() for key, value in backbone.build(channels).state_dict().items()}
    state = {key: rng.normal(size=value.shape).astype(np.float32) for key, value in drawn.items()}
    head = LinearHead(
        rng.normal(size=(len(labels), 4)).astype(np.float32), rng.normal(size=len(labels)).astype(np.float32)
    )
    bundle = Bundle(
        backbone=backbone.facts,
        checksum=f"fine-tuned {name}",
        state=state,
        head=head,
        preprocessing=Preprocessing(size=32, channels=channels),
        task=Classification(labels, positive),
        calibration=Calibration(threshold=threshold, threshold_from=None if threshold is None else "val"),
        strategy={"kind": "linear-probe"},
        engine="auto",
        frozen=False,
    )
    return bundle, backbone.build(channels, state)


@pytest.fixture
def drawn_pictures(tmp_path):
    found = []
    for number in range(5):
        path = tmp_path / f"{number}.png"
        pixels = np.random.default_rng(number).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        PillowImage.fromarray(pixels).save(path)
        found.append(Picture(path, "", f"digest-{number}"))
    return found


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("labels", [("a", "b"), ("a", "b", "c", "d")])
def test_pixels_to_probabilities_by_hand(tmp_path, drawn_pictures, labels, channels):
    """The bundle's own weights, its preprocessing and its head; written, read and compared with plain PyTorch."""
    home = Home(tmp_path / "home")
    positive, threshold = ("b", 0.5) if len(labels) == 2 else (None, None)
    bundle, network = hand_made(home, labels, positive, threshold, channels)
    write_bundle(tmp_path / "bundle", bundle)
    answer = Predictor.load(tmp_path / "bundle", home).predict(drawn_pictures, reader=ImageReader())
    pixels = [bundle.preprocessing.apply(ImageReader().read(picture.path)) for picture in drawn_pictures]
    with torch.inference_mode():
        features = network(torch.from_numpy(np.stack(pixels))).numpy()
    expected = softmax(features.astype(np.float64) @ bundle.head.weight.T + bundle.head.bias, axis=1)
    np.testing.assert_allclose(answer.probability, expected, atol=1e-4)
    np.testing.assert_array_equal(answer.probability, bundle.head.probabilities(answer.embedding.features))
    np.testing.assert_allclose(answer.probability.sum(axis=1), 1)
    assert answer.label == [labels[index] for index in answer.probability.argmax(axis=1)]


def test_alone_or_together_in_any_order(tmp_path, drawn_pictures):
    """To the last bit, each time computed anew."""
    bundle, _ = hand_made(Home(tmp_path / "home"))
    together, backwards = (
        Predictor(bundle, Home(tmp_path / name)).predict(some, reader=ImageReader())
        for name, some in (("one", drawn_pictures), ("two", drawn_pictures[::-1]))
    )
    alone = Predictor(bundle, Home(tmp_path / "three")).predict(drawn_pictures[2:3], reader=ImageReader())
    np.testing.assert_array_equal(together.probability, backwards.probability[::-1])
    np.testing.assert_array_equal(together.probability[2], alone.probability[0])


def embedded(features, failures=()):
    """As ``embed`` gives it."""
    features = np.array(features, np.float32)
    features[list(failures)] = np.nan
    reasons = dict.fromkeys(failures, "cannot be read")
    return CaseEmbedding(features, [None] * len(features), reasons, bags=Bags.single(features))


@pytest.mark.parametrize("positive", ["a", "b"])
def test_the_cut_belongs_to_the_positive_class(tmp_path, positive):
    features = np.random.default_rng(1).normal(size=(50, 4))
    bundle, _ = hand_made(Home(tmp_path), positive=positive)
    index = bundle.task.positive_index
    risk = bundle.head.probabilities(np.asarray(features, np.float32))[:, index]
    for cut in (0.0, 0.2, float(np.sort(risk)[20]), 0.9, 1.1):  # the third lies on a case, which is called positive
        calibrated = replace(bundle, calibration=Calibration(threshold=cut, threshold_from="val"))
        called = Predictor(calibrated, Home(tmp_path)).answer(embedded(features)).label
        assert [label == positive for label in called] == (risk >= cut).tolist()


def test_failures_have_no_answer_and_change_no_other(tmp_path):
    features = np.random.default_rng(2).normal(size=(6, 4))
    bundle, _ = hand_made(Home(tmp_path))
    predictor = Predictor(bundle, Home(tmp_path))
    whole, holed = predictor.answer(embedded(features)), predictor.answer(embedded(features, failures=[0, 4]))
    assert [label is None for label in holed.label] == [True, False, False, False, True, False]
    assert np.isnan(holed.probability[[0, 4]]).all()
    np.testing.assert_array_equal(holed.probability[[1, 2, 3, 5]], whole.probability[[1, 2, 3, 5]])
    nothing = predictor.answer(embedded(features, failures=range(6)))
    assert nothing.label == [None] * 6
    assert np.isnan(nothing.probability).all()
    none = predictor.answer(embedded(np.empty((0, 4))))
    assert (none.label, none.probability.shape) == ([], (0, 2))


def test_loading_verifies_every_file(tmp_path):
    bundle, _ = hand_made(Home(tmp_path / "home"))
    folder = tmp_path / "run" / "bundle"
    write_bundle(folder, bundle)
    rng = np.random.default_rng(0)
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        damaged, bit = bytearray(whole), int(rng.integers(8 * len(whole)))
        damaged[bit // 8] ^= 1 << bit % 8
        for content in (bytes(damaged), whole[:-1], None):
            path.unlink() if content is None else path.write_bytes(content)
            with pytest.raises(ArtifactError):
                Predictor.load(tmp_path / "run", Home(tmp_path / "home"))
            path.write_bytes(whole)
    assert Predictor.load(tmp_path / "run", Home(tmp_path / "home")).bundle.checksum == bundle.checksum


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(ArtifactError, match="give a run folder that `fit` finished"):
        Predictor.load(tmp_path / "nowhere", Home(tmp_path))


def test_a_device_that_is_not_there(tmp_path, drawn_pictures, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    bundle, _ = hand_made(Home(tmp_path / "home"))
    with pytest.raises(WeightsError, match="no CUDA device"):
        Predictor(bundle, Home(tmp_path / "home"), device="cuda").predict(drawn_pictures, reader=ImageReader())
