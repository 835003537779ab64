"""Whether a start has seen what a model is judged on is told: by fit, by rank, and not where it has not."""

from __future__ import annotations

import pandas as pd
import pytest

from medgraft.experiment import seen as module
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.pretraining import pretrain_weights
from medgraft.experiment.ranking import rank_data
from medgraft.experiment.seen import tell_seen
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.efficientnet_lite import lite_facts
from medgraft.source.weights.provenance import Seen, house_of

SMALL = {"backbone.name": "test_resnet", "backbone.weights": "random", "preprocess.size": 32, "engine": "torch"}
FACTS = lite_facts("tf_efficientnet_lite0")
CASES = pd.DataFrame({"sha256": ["1", "2", "2", "3"], "member": ["", "a", "a", ""]})


def told(monkeypatch, home, *records):
    monkeypatch.setattr(module, "recorded", lambda facts, home: records)
    progress = Progress()
    tell_seen(FACTS, CASES, "test cases", home=home, progress=progress)
    return progress.notices


def test_with_labels_is_told_otherwise_than_without(monkeypatch, tmp_path):
    home = Home(tmp_path)
    one, two = home.keyed_hash("case", "1#"), home.keyed_hash("case", "2#a")
    labelled, unlabelled = told(
        monkeypatch, home, Seen(house=house_of(home), with_labels=(one,), without_labels=(two,))
    )
    assert labelled.startswith("1 of the 4 test cases were seen with labels")
    assert "too good" in labelled
    assert unlabelled.startswith("2 of the 4 test cases were seen")  # a copy has the content of the first
    assert "a little too good" in unlabelled


def test_another_house_cannot_be_told_and_none_says_nothing(monkeypatch, tmp_path):
    (text,) = told(monkeypatch, Home(tmp_path), Seen(house="elsewhere", with_labels=("x",)))
    assert "another house" in text
    assert told(monkeypatch, Home(tmp_path), Seen(house=house_of(Home(tmp_path)), with_labels=("x",))) == []
    assert told(monkeypatch, Home(tmp_path)) == []


@pytest.fixture(scope="module")
def house(striped, tmp_path_factory):
    """A store with weights that saw the pictures, with labels and without."""
    folder = tmp_path_factory.mktemp("seen")
    home = Home(folder / "house")
    flags = {**SMALL, "pretext.epochs": 5, "pretext.batch_size": 16, "pretext.lr": 0.01}
    pretrain_weights([striped], folder / "labels.safetensors", flags=flags, home=home)
    flags = {**SMALL, "pretext.epochs": 1, "pretext.projection": 8}
    pretrain_weights([striped], folder / "views.safetensors", method="vicreg", flags=flags, home=home)
    return home


@pytest.mark.parametrize(("name", "expected"), [("labels", []), ("views", ["without their labels"])])
def test_fit_tells_of_its_test_cases(striped, house, tmp_path, name, expected):
    flags = {"backbone.name": name, "engine": "torch"}
    result = fit_run(striped, tmp_path / "run", flags=flags, home=house)
    found = [text for text in result.warnings if "were seen" in text]
    assert len(found) == len(expected)
    for text, words in zip(found, expected, strict=True):
        count = result.cases["test"]
        assert text.startswith(f"{count} of the {count} test cases")
        assert words in text


def test_rank_tells_of_the_cases_it_compares_on(striped, house):
    flags = {"search.backbones": ["labels", "views"], "backbone.name": "labels", "engine": "torch"}
    result = rank_data(striped, flags=flags, home=house)
    found = [text for text in result.warnings if "were seen" in text]
    assert any("with labels when the weights 'labels'" in text for text in found)
    assert any("when the weights 'views' were made, without" in text for text in found)
