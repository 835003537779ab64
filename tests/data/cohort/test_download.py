"""Where package or network are missing, the message says what to do; a file that is there is used."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from medgraft.data.cohort.download import download_medmnist
from medgraft.errors import UsageError
from medgraft.home import Home


def fake_package(monkeypatch, fetch):
    info = {"pneumoniamnist": {"python_class": "PneumoniaMNIST"}}
    monkeypatch.setitem(sys.modules, "medmnist", SimpleNamespace(INFO=info, PneumoniaMNIST=fetch))


def test_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "medmnist", None)
    with pytest.raises(UsageError, match=r"pip install 'medgraft\[medmnist\]'"):
        download_medmnist("pneumoniamnist", Home(tmp_path))


def test_an_unknown_set_names_the_nearest(tmp_path, monkeypatch):
    fake_package(monkeypatch, None)
    with pytest.raises(UsageError, match="did you mean 'pneumoniamnist'"):
        download_medmnist("pneumonia", Home(tmp_path))


def test_without_a_network(tmp_path, monkeypatch):
    def fetch(**_):
        raise RuntimeError("no route to host")

    fake_package(monkeypatch, fetch)
    with pytest.raises(UsageError, match=r"Copy pneumoniamnist\.npz to"):
        download_medmnist("pneumoniamnist", Home(tmp_path))


def test_what_was_downloaded_is_kept(tmp_path, monkeypatch):
    calls = []

    def fetch(*, split, root, download):
        calls.append((split, download))
        Path(root, "pneumoniamnist.npz").write_bytes(b"archive")

    fake_package(monkeypatch, fetch)
    home = Home(tmp_path)
    first, second = (download_medmnist("pneumoniamnist", home) for _ in range(2))
    assert first == second == home.cache / "datasets" / "pneumoniamnist.npz"
    assert first.read_bytes() == b"archive"
    assert calls == [("train", True)]
