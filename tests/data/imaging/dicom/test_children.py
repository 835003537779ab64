"""Children decode, refuse, are killed and replaced; several threads use several."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from medgraft.data.imaging.dicom import children as room
from medgraft.data.imaging.dicom.children import Children, seconds_for
from medgraft.data.phantom.twins.encoding import COMPRESSED, described, with_pixels, written
from medgraft.data.phantom.twins.grey import grey_truth, grey_twins
from medgraft.errors import ReaderError

STORED = grey_truth() + 1024


@pytest.fixture
def house() -> Iterator[Children]:
    made = Children()
    yield made
    made.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, found = tmp_path_factory.mktemp("twins"), {}
    for twin in grey_twins():
        if twin.name in ("u12-monochrome2-jpeg-ls", "u12-monochrome2-rle", "u12-monochrome2-jpeg-ls-multi-frame"):
            found[twin.traits[-1]] = folder / f"{twin.name}.dcm"
            found[twin.traits[-1]].write_bytes(twin.data)
    return found


def frame(house: Children, path: Path, number: int = 0, pixels: int = 4096) -> np.ndarray:
    return house.frame(path, (0, path.stat().st_size), number, pixels)


def test_several_threads(house: Children, files: dict[str, Path]) -> None:
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: frame(house, files["jpeg-ls"]), range(12)))
    for answer in answers:
        np.testing.assert_array_equal(answer, STORED)
    assert 1 <= len(house._idle) <= 3


def test_a_damaged_file_is_refused_and_the_child_lives(house: Children, files: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.dcm"
    content = files["jpeg-ls"].read_bytes()
    broken.write_bytes(content[: len(content) // 2])
    np.testing.assert_array_equal(frame(house, files["multi-frame"], 1), STORED)
    child = house._idle[0].pid
    with pytest.raises(ReaderError, match="cannot be decoded"):
        frame(house, broken)
    np.testing.assert_array_equal(frame(house, files["rle"]), STORED)
    assert house._idle[0].pid == child


def test_a_slow_one_is_killed_and_replaced(
    house: Children, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, slow = subprocess.Popen, "import time; time.sleep(60)"
    monkeypatch.setattr(room, "seconds_for", lambda pixels: 0.3)
    monkeypatch.setattr(subprocess, "Popen", lambda words, **rest: real([sys.executable, "-c", slow], **rest))
    with pytest.raises(ReaderError, match="took more than"):
        frame(house, files["rle"])
    monkeypatch.undo()
    np.testing.assert_array_equal(frame(house, files["rle"]), STORED)


def test_a_crash_is_a_refusal(house: Children, files: dict[str, Path]) -> None:
    frame(house, files["rle"])
    house._idle[0].kill()
    house._idle[0].wait()
    with pytest.raises(ReaderError, match="crashed"):
        frame(house, files["rle"])
    np.testing.assert_array_equal(frame(house, files["rle"]), STORED)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets no such limit")
def test_memory_is_limited(tmp_path: Path) -> None:
    """A run-length encoded picture of a few kilobytes that would take 32 MB."""
    dataset = described(
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=16, BitsStored=16, HighBit=15,
        PixelRepresentation=0,
    )  # fmt: skip
    path = tmp_path / "large.dcm"
    path.write_bytes(written(with_pixels(dataset, np.zeros((1, 4096, 4096), np.uint16), COMPRESSED["rle"])))
    poor, rich = Children(memory=1 << 20), Children()
    with pytest.raises(ReaderError):
        frame(poor, path)
    assert frame(rich, path).shape == (4096, 4096)
    poor.close()
    rich.close()


def test_larger_pictures_may_take_longer() -> None:
    assert seconds_for(0) >= 1
    assert seconds_for(20_000_000) > seconds_for(1_000_000)
