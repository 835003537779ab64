"""OpenVINO: converted once, checked, rebuilt when damaged, and silent to the world."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medgraft.files import verify_manifest
from medgraft.source.embedding import openvino_engine
from medgraft.source.embedding.engine import EngineUnavailable
from medgraft.source.embedding.openvino_engine import MIN_COSINE, OpenVinoKind, check_pictures, project


def features(job):
    found = {}
    pictures = check_pictures(job.channels, job.size)
    OpenVinoKind.build(job).run(enumerate(pictures), found.__setitem__)
    return np.stack([found[row] for row in range(len(pictures))])


def test_the_fidelity_is_recorded(job):
    facts = OpenVinoKind.build(job).facts
    assert facts["cosine"] > MIN_COSINE
    assert facts["checked_against"].startswith("torch ")


def test_the_second_time_nothing_is_converted(job, monkeypatch):
    first = features(job)
    monkeypatch.setattr(openvino_engine, "_converted", lambda *_: pytest.fail("converted again"))
    np.testing.assert_array_equal(features(job), first)


def flip(path, rng):
    data = bytearray(path.read_bytes())
    bit = int(rng.integers(8 * len(data)))
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


@pytest.fixture
def conversions(monkeypatch):
    """One entry for each time that a network is converted."""
    true, made = openvino_engine._converted, []
    monkeypatch.setattr(openvino_engine, "_converted", lambda *given: made.append(1) or true(*given))
    return made


def test_any_damaged_file_is_made_again(job, conversions):
    first, rng = features(job), np.random.default_rng(0)
    (folder,) = (job.home.cache / "engines").iterdir()
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["MANIFEST.sha256", "engine.json", "model.bin", "model.xml"]
    for count, name in enumerate(2 * names, start=1):
        flip(folder / name, rng)
        np.testing.assert_array_equal(features(job), first)
        assert len(conversions) == 1 + count
    verify_manifest(folder)


@pytest.mark.parametrize("name", ["MANIFEST.sha256", "engine.json", "model.bin", "model.xml"])
def test_a_missing_file_is_made_again(job, conversions, name):
    first = features(job)
    (folder,) = (job.home.cache / "engines").iterdir()
    (folder / name).unlink()
    np.testing.assert_array_equal(features(job), first)
    assert len(conversions) == 2


def test_nothing_is_left_beside_the_engine(job):
    features(job)
    assert [path.name.startswith(".") for path in (job.home.cache / "engines").iterdir()] == [False]


def test_other_numbers_are_another_engine(job, conversions):
    facts = replace(job.backbone.facts, mean=(0.0, 0.0, 0.0))
    first, second = features(job), features(replace(job, backbone=replace(job.backbone, facts=facts)))
    assert np.abs(first - second).max() > 0.1
    assert len(conversions) == 2


def test_an_engine_that_differs_is_refused(job, monkeypatch):
    true = openvino_engine._converted

    def off(library, job):
        model, expected, against = true(library, job)
        return model, expected[::-1].copy() * np.array([1.0, -1.0] * 32), against

    monkeypatch.setattr(openvino_engine, "_converted", off)
    with pytest.raises(EngineUnavailable, match="its features differ from PyTorch's"):
        OpenVinoKind.build(job)


def test_a_network_that_cannot_be_converted(job, monkeypatch):
    class Broken:
        def __init__(self, library):
            self._library = library

        def __getattr__(self, name):
            return getattr(self._library, name)

        def convert_model(self, *_, **__):
            raise RuntimeError("no such operation\nmore lines")

    library = openvino_engine.openvino_library()
    monkeypatch.setattr(openvino_engine, "openvino_library", lambda: Broken(library))
    with pytest.raises(EngineUnavailable, match=r"cannot convert .* \(no such operation\)"):
        OpenVinoKind.build(job)


def test_check_pictures_are_the_same_everywhere():
    first, second = check_pictures(3, 32), check_pictures(3, 32)
    np.testing.assert_array_equal(first, second)
    assert first.shape == (4, 3, 32, 32)
    assert first.min() >= 0
    assert first.max() <= 1


def test_projection_keeps_angles_roughly():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(1, 1280))
    near, far = a + 0.01 * rng.normal(size=a.shape), rng.normal(size=a.shape)
    one, two, three = (project(x)[0] for x in (a, near, far))
    cosine = [float(one @ other / np.linalg.norm(one) / np.linalg.norm(other)) for other in (two, three)]
    assert cosine[0] > 0.999
    assert abs(cosine[1]) < 0.6


def test_it_tells_nobody(tmp_path):
    """Imported, converted and run: no socket is connected, no name looked up, the home folder stays empty."""
    code = (
        "import os, socket, sys\n"
        "from pathlib import Path\n"
        "def note(what): os.write(record, f'{what}\\n'.encode())\n"  # raising is not enough: a thread would hide it
        "record = os.open('record', os.O_WRONLY | os.O_CREAT | os.O_APPEND)\n"
        "def refuse(*_): note('connect'); raise OSError('refused')\n"
        "socket.socket.connect = socket.socket.connect_ex = refuse\n"
        "heard = ('socket.connect', 'socket.getaddrinfo', 'socket.sendto', 'socket.gethostbyname')\n"
        "sys.addaudithook(lambda event, _: note(event) if event in heard else None)\n"
        "import numpy as np\n"
        "from torch import nn\n"
        "from medgraft.home import Home\n"
        "from medgraft.source.backbones.custom import register_backbone\n"
        "from medgraft.source.backbones.resolve import resolve_backbone\n"
        "from medgraft.source.embedding.engine import Job\n"
        "from medgraft.source.embedding.openvino_engine import OpenVinoKind\n"
        "net = lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())\n"
        "register_backbone('tiny-silent', net, size=32, mean=(0.5, 0.4, 0.3), std=(0.2, 0.2, 0.2))\n"
        "home = Home(Path('house').absolute())\n"
        "backbone = resolve_backbone('tiny-silent', home=home)\n"
        "found = []\n"
        "engine = OpenVinoKind.build(Job(backbone, backbone.facts.checksum, 3, 32, home))\n"
        "engine.run([(0, np.zeros((3, 32, 32), np.float32))], lambda row, _: found.append(row))\n"
        "assert found == [0] and 'openvino_telemetry' not in sys.modules\n"
        "note('end')\n"
        "try: socket.create_connection(('127.0.0.1', 9))\n"  # the trap itself works
        "except OSError: pass\n"
    )
    source, user = str(Path(openvino_engine.__file__).parents[3]), tmp_path / "user"
    user.mkdir()
    environment = {"HOME": str(user), "PATH": "/usr/bin:/bin", "PYTHONPATH": source}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path)
    before, _, after = (tmp_path / "record").read_text().partition("end\n")
    assert before == ""
    assert "connect" in after
    assert not any(user.iterdir())
