"""The door: chosen by content, one exception, hostile files, threads, and what it costs to import."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from medgraft.data.imaging.reader import READERS, ImageReader
from medgraft.errors import ReaderError

DATA = Path(os.environ.get("MEDGRAFT_TEST_DATA", "../shared/data"))


def pictures(png: Callable[..., bytes], tiff: Callable[..., bytes]) -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    deep = rng.integers(0, 65536, (12, 9, 3)).astype(np.uint16)
    flat = PillowImage.fromarray((deep >> 8).astype(np.uint8))
    found = {"png16": png(deep, 2, 16), "png8": png(deep[:, :, :1] >> 8, 0, 8), "tiff": tiff(deep, 2)}
    found["tiff8"] = tiff((deep >> 8).astype(np.uint8), 2)
    found["tiff-deflate"] = tiff(deep, 2, deflate=True)
    found["float"] = tiff(deep.astype(np.float32), 2)
    for kind in ("JPEG", "BMP"):
        buffer = io.BytesIO()
        flat.save(buffer, kind)
        found[kind] = buffer.getvalue()
    buffer = io.BytesIO()
    np.savez_compressed(buffer, train_images=deep[None])
    found["npz"] = buffer.getvalue()
    return found


def dicom() -> bytes:
    from pydicom import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3"
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 4, 5, 1
    dataset.PhotometricInterpretation, dataset.PixelRepresentation = "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.WindowCenter, dataset.WindowWidth = 100, 50
    dataset.PixelData = bytes(range(20))
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_content_decides_and_not_the_name(
    tmp_path: Path, png: Callable[..., bytes], tiff: Callable[..., bytes]
) -> None:
    reader, path = ImageReader(), tmp_path / "wrong.txt"
    for data in (*pictures(png, tiff).values(), dicom()):
        path.write_bytes(data)
        image = reader.read(path, reader.members(path)[0])
        assert image.pixels.size and not image.pixels.flags.writeable
        assert reader.sha256(path) == hashlib.sha256(data).hexdigest()
    assert list(READERS) == ["dicom", "raster", "npz"]


def test_a_tiff_header_in_the_preamble_is_still_dicom(tmp_path: Path) -> None:
    path = tmp_path / "dual"
    path.write_bytes(b"II*\0" + dicom()[4:])
    assert ImageReader().read(path).voi is not None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"patient,label\n1,Doe\n", "starts with plain text"),
        ("患者，标签".encode() * 60, "starts with plain text"),
        (bytes(500), "starts with zeros"),
        (b"GIF89a" + bytes(20), "GIF"),
        (b"%PDF-1.7", "PDF"),
        (b"\x93\xff\x01\x02\x03", "bytes 93 ff 01 02"),
        (b"PK\x03\x04 broken", "damaged"),
    ],
)
def test_what_is_no_image_gets_a_clear_error_without_its_content(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "secret-name.png"
    path.write_bytes(content)
    with pytest.raises(ReaderError, match=says) as caught:
        ImageReader().read(path)
    assert "Doe" not in str(caught.value) and "secret-name" not in str(caught.value)


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    reader = ImageReader()
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "missing.png", tmp_path / ("x" * 400)):
        for call in (reader.read, reader.members, reader.sha256):
            with pytest.raises(ReaderError):
                call(path)


def test_damaged_files_raise_nothing_but_reader_errors(
    tmp_path: Path, png: Callable[..., bytes], tiff: Callable[..., bytes]
) -> None:
    reader, path, rng = ImageReader(max_pixels=10_000), tmp_path / "file", np.random.default_rng(0)

    def attempt(data: bytes) -> None:
        path.write_bytes(data)
        try:
            for member in reader.members(path)[:2]:
                assert np.isfinite(reader.read(path, member).pixels).all()
        except ReaderError:
            pass

    for data in (*pictures(png, tiff).values(), dicom()):
        for cut in (*range(1, 60, 4), *rng.integers(60, len(data), 20)):
            attempt(data[: int(cut)])
        for position in (*range(0, 60, 4), *rng.integers(0, len(data), 30)):
            broken = bytearray(data)
            broken[int(position)] ^= int(rng.integers(1, 256))
            attempt(bytes(broken))


def test_truncated_pixels_are_errors(tmp_path: Path, png: Callable[..., bytes], tiff: Callable[..., bytes]) -> None:
    path = tmp_path / "file"
    for name, data in pictures(png, tiff).items():
        if name != "npz":
            path.write_bytes(data[: len(data) // 2])
            with pytest.raises(ReaderError):
                ImageReader().read(path)


def test_budget_is_an_option(tmp_path: Path, png: Callable[..., bytes]) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(np.zeros((10, 10, 1)), 0, 8))
    assert ImageReader(max_pixels=100).read(path).pixels.shape == (1, 10, 10)
    with pytest.raises(ReaderError, match="10 × 10"):
        ImageReader(max_pixels=99).read(path)


def test_hash_follows_the_file(tmp_path: Path) -> None:
    reader, path = ImageReader(), tmp_path / "a"
    for content in (b"one", b"other"):
        path.write_bytes(content)
        assert reader.sha256(path) == hashlib.sha256(content).hexdigest()


def test_threads_agree(tmp_path: Path, png: Callable[..., bytes], tiff: Callable[..., bytes]) -> None:
    reader, paths = ImageReader(), []
    for name, data in pictures(png, tiff).items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    jobs = [(path, reader.members(path)[0]) for path in paths] * 10
    alone = [reader.read(*job).pixels for job in jobs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda job: reader.read(*job).pixels, jobs))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_start_up_imports_no_heavy_library() -> None:
    code = (
        "import sys, medgraft.data.imaging.reader, medgraft.data.imaging.facts, medgraft.data.imaging.preprocess\n"
        "print([m for m in ('torch', 'pydicom', 'imagecodecs', 'scipy', 'pandas') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not (DATA / "dicom").is_dir(), reason="test data are not here (MEDGRAFT_TEST_DATA)")
@pytest.mark.filterwarnings("ignore")  # pydicom warns of what is odd in its own collection
def test_real_dicom_files_are_read_or_refused() -> None:
    reader, read, refused = ImageReader(), 0, 0
    files = [path for path in sorted((DATA / "dicom").rglob("*")) if path.is_file() and path.suffix != ".csv"]
    for path in [each for each in files if each.stat().st_size < 300_000][::2]:
        try:
            reader.read(path, reader.members(path)[0])
            read += 1
        except ReaderError:
            refused += 1
    assert read > refused
