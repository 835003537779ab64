"""Which sources are here."""

from __future__ import annotations

from medgraft.experiment.sources import available_sources
from medgraft.home import Home


def test_the_package_the_store_and_hand_crafted_features(tmp_path, monkeypatch):
    home = Home(tmp_path)
    monkeypatch.setattr("medgraft.experiment.sources.entry_names", lambda home: ["ours"])
    names = available_sources(home)
    assert names[0] == "tf_efficientnet_lite0"
    assert names[-2:] == ["ours", "classical"]
