"""Decoders that pydicom lacks, each against the samples that were encoded; codestreams that lie about their size."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from medgraft.data.imaging.dicom.codecs import (
    DECODER_DEPENDENCIES,
    DEFLATED_FRAMES,
    add_decoders,
    codestream_size,
    decoded_frame,
    is_available,
)
from medgraft.data.phantom.twins.colour import colour_twins
from medgraft.data.phantom.twins.encoding import described, with_pixels
from medgraft.errors import ReaderError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 4096, (24, 17)).astype(np.uint16)
BITS = RNG.integers(0, 2, (3, 10, 9)).astype(np.uint8)


def grey(**tags: object) -> Dataset:
    basis = {"SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "BitsAllocated": 16, "BitsStored": 12}
    return described(**{**basis, "HighBit": 11, "PixelRepresentation": 0, **tags})


def single_bits() -> Dataset:
    return grey(BitsAllocated=1, BitsStored=1, HighBit=0)


@pytest.mark.parametrize("syntax", [JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless])
def test_lossless_is_bit_equal(syntax: UID) -> None:
    dataset = with_pixels(grey(), GREY[None], JPEGLosslessSV1 if syntax == JPEGLossless else syntax)
    dataset.file_meta.TransferSyntaxUID = syntax
    np.testing.assert_array_equal(decoded_frame(dataset, 0), GREY)


def test_twelve_bit_jpeg() -> None:
    smooth = (2000 + 1500 * np.sin(np.indices((32, 40)).sum(0) / 9)).astype(np.uint16)
    dataset = with_pixels(grey(), smooth[None], RLELossless)
    dataset.file_meta.TransferSyntaxUID = JPEGExtended12Bit
    dataset.PixelData = encapsulate([bytes(imagecodecs.jpeg8_encode(smooth, 95, bitspersample=12))])
    assert np.abs(decoded_frame(dataset, 0).astype(int) - smooth).max() < 40


@pytest.mark.parametrize("frame", [0, 1, 2])
def test_single_bits_run_length_encoded(frame: int) -> None:
    """Rows of nine bits: frames do not end at whole bytes, and each is packed by itself."""
    packed = [np.packbits(bits.ravel(), bitorder="little").tobytes() for bits in BITS]
    header = np.array([1, 64, *[0] * 14], "<u4").tobytes()
    frames = [header + bytes(imagecodecs.packbits_encode(content)) for content in packed]
    dataset = with_pixels(single_bits(), BITS, RLELossless)
    dataset.PixelData = encapsulate([content + b"\0" * (len(content) % 2) for content in frames])
    np.testing.assert_array_equal(decoded_frame(dataset, frame), BITS[frame])


@pytest.mark.parametrize("frame", [0, 2])
def test_frames_deflated_one_by_one(frame: int) -> None:
    import zlib

    frames = []
    for bits in BITS:
        squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        content = squeeze.compress(np.packbits(bits.ravel(), bitorder="little").tobytes()) + squeeze.flush()
        frames.append(content + b"\0" * (len(content) % 2))
    dataset = with_pixels(single_bits(), BITS, RLELossless)
    dataset.file_meta.TransferSyntaxUID = DEFLATED_FRAMES
    dataset.PixelData = encapsulate(frames)
    np.testing.assert_array_equal(decoded_frame(dataset, frame), BITS[frame])


@pytest.mark.parametrize("codec", ["jpeg8_encode", "ljpeg_encode", "jpegls_encode", "jpeg2k_encode"])
def test_the_codestreams_own_size(codec: str) -> None:
    options = {"codecformat": "j2k"} if codec == "jpeg2k_encode" else {}
    content = bytes(getattr(imagecodecs, codec)((GREY >> 4).astype(np.uint8), **options))
    assert codestream_size(content) == GREY.shape
    for end in range(0, 24, 3):
        assert codestream_size(content[:end]) in (None, GREY.shape)


def test_a_header_that_contradicts_the_codestream_is_refused_before_decoding() -> None:
    dataset = with_pixels(grey(), GREY[None], JPEGLSLossless)
    dataset.Rows = 3000
    with pytest.raises(ReaderError, match="3000 × 17 pixels, its compressed picture 24 × 17"):
        decoded_frame(dataset, 0)


def test_what_has_no_size() -> None:
    assert codestream_size(b"") is None
    assert codestream_size(b"\xff\xd8\xff\xd9") is None
    assert codestream_size(b"plain") is None


def test_decoders_are_added_once() -> None:
    add_decoders()
    add_decoders()
    assert all(is_available(uid) for uid in DECODER_DEPENDENCIES)
    assert not is_available("1.2.3")


def test_colour_keeps_its_colours() -> None:
    from medgraft.data.imaging.dicom.tags import parse
    from medgraft.data.phantom.twins.colour import colour_truth

    for twin in colour_twins():
        if twin.traits[:2] in (("ybr-rct", "jpeg-2000"), ("rgb", "rle")) and not twin.member:
            np.testing.assert_array_equal(decoded_frame(parse(twin.data), 0), colour_truth())
