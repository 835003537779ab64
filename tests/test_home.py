"""The house: where it stands, its key, and ids that agree within it."""

from __future__ import annotations

import hashlib
import hmac
import stat
import sys

import pytest

from medgraft.errors import ArtifactError
from medgraft.home import Home


def test_the_argument_beats_the_environment_beats_the_default(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDGRAFT_HOME", str(tmp_path / "named"))
    assert Home.find(tmp_path / "given").path == tmp_path / "given"
    assert Home.find().path == tmp_path / "named"
    monkeypatch.delenv("MEDGRAFT_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert Home.find().path == tmp_path / ".medgraft"
    assert not list(tmp_path.iterdir()), "finding makes nothing"


def test_the_key_is_made_once_and_private(tmp_path):
    home = Home(tmp_path / "house")
    key = home.key()
    assert len(key) == 32
    assert home.key() == key
    if sys.platform != "win32":
        assert stat.S_IMODE((home.path / "key").stat().st_mode) == 0o600


def test_ids_are_hmac_and_differ_between_houses_and_kinds(tmp_path):
    here, there = Home(tmp_path / "a"), Home(tmp_path / "b")
    wanted = hmac.new(here.key(), b"patient\x00Jane", hashlib.sha256).hexdigest()[:16]
    assert here.keyed_hash("patient", "Jane") == wanted == here.keyed_hash("patient", "Jane")
    assert len({wanted, there.keyed_hash("patient", "Jane"), here.keyed_hash("case", "Jane")}) == 3


def test_a_name_that_is_no_text_still_has_an_id(tmp_path):
    assert len(Home(tmp_path).keyed_hash("case", "caf\udce9.png")) == 16


def test_a_damaged_key_is_refused(tmp_path):
    Home(tmp_path).key()
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(ArtifactError, match="5 bytes, 32 are needed"):
        Home(tmp_path).key()


def test_weights_and_cache_lie_inside(tmp_path):
    home = Home(tmp_path)
    assert (home.weights, home.cache) == (tmp_path / "weights", tmp_path / "cache")
