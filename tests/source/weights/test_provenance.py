"""Records of what weights saw: one a house, labels before pictures; and that weights made here are no standard."""

from __future__ import annotations

import json

import pytest
import safetensors.torch

from medgraft.errors import WeightsError
from medgraft.files import sha256_bytes, write_json
from medgraft.home import Home
from medgraft.source.backbones.construction import seeded_body
from medgraft.source.weights.importing import import_weights
from medgraft.source.weights.provenance import Parent, Pretraining, Seen, SourceCohort, house_of, merged
from medgraft.source.weights.store import find_entries, get_entry, get_seen

RECORD = Pretraining(
    method="vicreg",
    with_labels=False,
    parent=Parent(backbone="test_resnet", weights="random", checksum="random:0", licence="none", trained_on="nothing"),
    cohorts=(SourceCohort(name="a", digest="1", cases=2), SourceCohort(name="b", digest="2", cases=1)),
    cases=3,
    epochs=5,
    kept_epoch=4,
    seed=0,
    size=64,
    minutes=0.5,
)
SEEN = (Seen(house="h", with_labels=("x",), without_labels=("y",)),)


def test_it_is_told_in_one_sentence():
    assert RECORD.told() == "vicreg on a + b (3 cases, without labels, 4 epochs at 64 px), from random"


def test_records_of_one_house_are_one_and_labels_win():
    found = merged(
        [
            Seen(house="h", without_labels=("a", "b")),
            Seen(house="h", with_labels=("b", "c")),
            Seen(house="other", without_labels=("a",)),
        ]
    )
    assert found == (
        Seen(house="h", with_labels=("b", "c"), without_labels=("a",)),
        Seen(house="other", without_labels=("a",)),
    )


def test_a_house_has_one_name_which_is_not_its_key(tmp_path):
    one, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    assert house_of(one) == house_of(Home(tmp_path / "one")) != house_of(other)
    assert house_of(one) not in one.key().hex()


@pytest.fixture
def imported(tmp_path):
    """A file with its sidecar, in a store."""
    content = safetensors.torch.save(seeded_body("test_resnet").state_dict())
    (tmp_path / "mine.safetensors").write_bytes(content)
    sidecar = {
        "name": "mine",
        "sha256": sha256_bytes(content),
        "architecture": {"timm_name": "test_resnet"},
        "pretraining": RECORD.model_dump(mode="json"),
        "seen": [item.model_dump(mode="json") for item in SEEN],
    }
    write_json(tmp_path / "mine.json", sidecar)
    home = Home(tmp_path / "house")
    import_weights(tmp_path / "mine.safetensors", home=home)
    return home


def test_the_store_keeps_both_and_finds_such_weights_by_name_only(imported):
    entry = get_entry(imported, "mine")
    assert entry.pretraining == RECORD
    assert entry.origin == f"medgraft pretrain: {RECORD.told()}"
    assert get_seen(imported, "mine") == SEEN
    assert find_entries(imported, "test_resnet") == []


def test_a_changed_record_is_damage(imported):
    path = imported.weights / "mine" / "seen.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "seen": []}))
    with pytest.raises(WeightsError, match=r"seen\.json"):
        get_seen(imported, "mine")
