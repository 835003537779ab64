"""MedMNIST-style archives."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from medgraft.data.imaging.decoder import Encoded
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.npz import NpzDecoder
from medgraft.errors import ReaderError


def encoded(path: Path, max_pixels: int = 10**6) -> Encoded:
    status = path.stat()
    return Encoded(path, b"", (status.st_mtime_ns, status.st_size), max_pixels)


def save(folder: Path, **arrays: np.ndarray) -> Path:
    path = folder / "set.npz"
    np.savez_compressed(path, **arrays)
    return path


@pytest.mark.parametrize("kind", ["uint8", "uint16", ">u2", "float32", "float64"])
@pytest.mark.parametrize("tail", [(5, 4), (5, 4, 3)])
def test_values_come_back(tmp_path: Path, kind: str, tail: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    stack = rng.random((6, *tail)).astype(kind) if "f" in kind else rng.integers(0, 255, (6, *tail)).astype(kind)
    path = save(tmp_path, train_images=stack, train_labels=np.zeros((6, 1)), test_images=stack[:2])
    decoder = NpzDecoder()
    members = decoder.members(encoded(path))
    assert members == [f"train_images/{i}" for i in range(6)] + ["test_images/0", "test_images/1"]
    image = decoder.decode(encoded(path), "train_images/4")
    expected = stack[4][None] if len(tail) == 2 else np.moveaxis(stack[4], 2, 0)
    np.testing.assert_array_equal(image.pixels, expected.astype(image.pixels.dtype))
    assert image.high == {"u": 65535.0 if "2" in kind or "16" in kind else 255.0, "f": 1.0}[stack.dtype.kind]


def test_it_decodes_once_and_keeps_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []
    for name in "abc":
        (tmp_path / name).mkdir()
        paths.append(save(tmp_path / name, val_images=np.zeros((3, 2, 2), np.uint8)))
    decoder, loads = NpzDecoder(), []
    from medgraft.data.imaging import npz

    original = npz._load
    monkeypatch.setattr(npz, "_load", lambda e, n: loads.append(e.path) or original(e, n))

    def read(path: Path) -> Image:
        return decoder.decode(encoded(path), "val_images/0")

    for path in [paths[0], paths[0], paths[1], paths[0], paths[2], paths[0], paths[1]]:
        read(path)
    assert loads == [paths[0], paths[1], paths[2], paths[1]]


@pytest.mark.parametrize("member", ["", "train_images", "train_images/9", "train_images/-1", "x/0", "../0"])
def test_unknown_members(tmp_path: Path, member: str) -> None:
    path = save(tmp_path, train_images=np.zeros((3, 2, 2), np.uint8))
    with pytest.raises(ReaderError):
        NpzDecoder().decode(encoded(path), member)


def test_arrays_that_are_not_pictures(tmp_path: Path) -> None:
    for array in (
        np.zeros((3, 2)), np.zeros((3, 2, 2), np.int64), np.array([{}], dtype=object), np.zeros((3, 2, 2, 4), "u1"),
        np.full((3, 2, 2), 1.5), np.full((3, 2, 2), np.nan),
    ):  # fmt: skip
        path = save(tmp_path, train_images=array)
        with pytest.raises(ReaderError):
            NpzDecoder().decode(encoded(path), "train_images/0")
    with pytest.raises(ReaderError, match="train_images"):
        NpzDecoder().members(encoded(save(tmp_path, pictures=np.zeros((3, 2, 2), np.uint8))))


def test_bombs(tmp_path: Path) -> None:
    path = save(tmp_path, train_images=np.zeros((2, 30, 30), np.uint8))
    with pytest.raises(ReaderError, match="declares"):
        NpzDecoder().decode(encoded(path, max_pixels=899), "train_images/0")
    import zipfile

    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (10**7, 900, 900)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train_images.npy", header.getvalue())
    with pytest.raises(ReaderError, match="GB"):
        NpzDecoder().decode(encoded(path), "train_images/0")
