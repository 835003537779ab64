"""An air-gapped house installs from ``make wheelhouse`` alone: no index, no source, no build."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_it_installs_from_the_wheelhouse_alone(repository, tmp_path):
    wheels = tmp_path / "wheelhouse"
    subprocess.run(["make", "wheelhouse", f"WHEELHOUSE={wheels}"], cwd=repository, check=True)
    assert list(wheels.glob("medgraft-*.whl"))
    assert not list(wheels.glob("*.tar.gz")), "a source archive would need a compiler there"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "there")], check=True)
    binaries = tmp_path / "there" / "bin"
    install = [binaries / "pip", "install", "--quiet", "--no-index", "--find-links", wheels, "medgraft"]
    subprocess.run([str(word) for word in install], cwd=tmp_path, check=True)
    done = subprocess.run(
        [str(binaries / "medgraft"), "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "fit" in done.stdout
