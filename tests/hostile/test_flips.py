"""Random single-bit flips over store, cache and bundle: each is noticed, none gives another answer silently.

A small sample by default; ``pytest -m slow tests/hostile`` flips a thousand.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import ArtifactError
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.embedding.embed import Picture
from medgraft.source.weights.importing import import_weights
from medgraft.source.weights.store import get_entry
from medgraft.transfer.models.bundle import read_bundle
from medgraft.use.prediction.predictor import Predictor

SAMPLES = [pytest.param(16, id="sample"), pytest.param(334, id="all", marks=pytest.mark.slow)]


def flipped(folder, count, seed):
    """Flip one random bit below ``folder`` at a time, and mend it again; yields the file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    rng = np.random.default_rng(seed)
    sizes = np.array([path.stat().st_size for path in files])
    for _ in range(count):
        # Half of the flips by size, half by file: the small files matter as much.
        shares = sizes / sizes.sum() if rng.random() < 0.5 else np.full(len(files), 1 / len(files))
        path = files[rng.choice(len(files), p=shares)]
        bit = int(rng.integers(8 * path.stat().st_size))
        with path.open("r+b") as file:
            file.seek(bit // 8)
            before = file.read(1)
            file.seek(bit // 8)
            file.write(bytes([before[0] ^ 1 << bit % 8]))
        yield path
        if path.exists():
            with path.open("r+b") as file:
                file.seek(bit // 8)
                file.write(before)


@pytest.mark.parametrize("count", SAMPLES)
def test_bundle(fitted, tmp_path, count):
    shutil.copytree(fitted.run / "bundle", tmp_path / "bundle")
    noticed = 0
    for path in flipped(tmp_path / "bundle", count, seed=1):
        with pytest.raises(ArtifactError):
            read_bundle(tmp_path / "bundle")
        noticed += 1
        assert path.exists()
    assert noticed == count
    read_bundle(tmp_path / "bundle")


@pytest.mark.parametrize("count", SAMPLES)
def test_store(tmp_path, count):
    import timm

    with torch.random.fork_rng():
        state = timm.create_model("test_resnet").state_dict()
    save_file(state, tmp_path / "test_resnet.safetensors")
    home = Home(tmp_path / "house")
    entry = import_weights(tmp_path / "test_resnet.safetensors", home=home, backbone="test_resnet")
    noticed = 0
    for _ in flipped(home.weights / entry.name, count, seed=2):
        with pytest.raises(ArtifactError):
            get_entry(home, entry.name)
        noticed += 1
    assert noticed == count
    assert get_entry(home, entry.name) == entry


@pytest.mark.parametrize("count", SAMPLES)
def test_cache(fitted, tmp_path, count):
    """A damaged row is computed again and the answer stays the same to the last bit."""
    home = Home(tmp_path / "house")  # of its own: what nobody reads, nobody notices
    links = pd.read_parquet(fitted.run / "private" / "links.parquet").head(2)
    pictures = [Picture(Path(row.path), row.member, row.sha256) for row in links.itertuples()]

    def answer():
        progress = Progress()
        found = Predictor.load(fitted.run, home).predict(pictures, reader=ImageReader(), progress=progress)
        return found.probability, any("damaged" in text for text in progress.notices)

    expected, _ = answer()
    noticed = 0
    for number in range(count):
        kind = ("features", "facts", "engines")[number % 3]
        for _ in flipped(home.cache / kind, 1, seed=100 + number):
            if kind == "engines":  # read when something has to be computed
                shutil.rmtree(home.cache / "features")
            before = {item: item.stat().st_mtime_ns for item in (home.cache / "engines").rglob("*")}
            probability, told = answer()
            np.testing.assert_array_equal(probability, expected)
            made_again = before != {item: item.stat().st_mtime_ns for item in (home.cache / "engines").rglob("*")}
            noticed += told or (kind == "engines" and made_again)
            break
    assert noticed == count
