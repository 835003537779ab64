"""OpenVINO: converted once, checked, rebuilt when damaged, and silent to the world."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

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


def test_any_damaged_file_is_made_again(job):
    first = features(job)
    (folder,) = (job.home.cache / "engines").iterdir()
    for path in sorted(folder.iterdir()):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 4
        path.write_bytes(data)
        np.testing.assert_array_equal(features(job), first)


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

    library = openvino_engine._openvino()
    monkeypatch.setattr(openvino_engine, "_openvino", lambda: Broken(library))
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


def test_importing_it_tells_nobody(tmp_path):
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('a connection was tried')\n"
        "socket.socket.connect = refuse\n"
        "from medgraft.source.embedding.openvino_engine import _openvino\n"
        "_openvino().Core()\n"
        "assert 'openvino_telemetry' not in sys.modules\n"
    )
    source = str(Path(openvino_engine.__file__).parents[3])
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": source}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path)
    assert not any(tmp_path.iterdir())
