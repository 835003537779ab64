"""Fetching from a server on this machine, and what is said when there is none."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
import torchvision

from medgraft.errors import UsageError, WeightsError
from medgraft.home import Home
from medgraft.source.weights.fetching import fetch_weights
from medgraft.source.weights.store import entry_names


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("served")
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), folder / "net.pth")
    digest = hashlib.sha256((folder / "net.pth").read_bytes()).hexdigest()
    (folder / f"net-{digest[:8]}.pth").write_bytes((folder / "net.pth").read_bytes())
    (folder / "net-00000000.pth").write_bytes(b"other")
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{http.server_address[1]}", folder
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def test_fetch_checks_and_imports(server: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = server
    home = Home(tmp_path)
    digest = hashlib.sha256((folder / "net.pth").read_bytes()).hexdigest()
    entry = fetch_weights("resnet18", home=home, url=f"{address}/net-{digest[:8]}.pth", sha256=digest)
    assert entry.source_sha256 == digest and entry.origin.startswith(address)
    assert [item.name for item in home.weights.iterdir()] == entry_names(home) == ["resnet18"]
    with pytest.raises(WeightsError, match="0000 is needed"):
        fetch_weights("resnet18", home=home, url=f"{address}/net-00000000.pth")
    with pytest.raises(WeightsError, match="is needed"):
        fetch_weights("resnet18", home=home, url=f"{address}/net.pth", sha256="ab" * 32)


def test_without_the_file_or_the_network_it_says_what_to_copy(server: tuple[str, Path], tmp_path: Path) -> None:
    for address in (f"{server[0]}/absent.pth", "http://127.0.0.1:9/absent.pth"):
        with pytest.raises(WeightsError, match=r"medgraft weights import absent\.pth --backbone resnet18"):
            fetch_weights("resnet18", home=Home(tmp_path), url=address, timeout=2)
    assert entry_names(Home(tmp_path)) == [] and not list((tmp_path / "weights").iterdir())


@pytest.mark.parametrize("url", ["file:///etc/hosts.pth", "http://127.0.0.1/a.exe", "net.pth"])
def test_other_addresses_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="http"):
        fetch_weights("resnet18", home=Home(tmp_path), url=url)
