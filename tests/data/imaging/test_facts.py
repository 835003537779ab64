"""Facts against closed forms."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image as PillowImage

from medgraft.data.imaging.facts import PixelFacts, pixel_facts
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.errors import ArtifactError
from medgraft.types import Modality

RECIPE = Preprocessing(size=64, channels=3)


def facts_of(pixels: np.ndarray, high: float = 255.0) -> PixelFacts:
    image = Image(pixels, 0.0, high, modality=Modality.CT, spacing=(0.5, 0.7), steps=("a step",))
    return pixel_facts(image, RECIPE.apply(image))


def texture(seed: int = 0) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (12, 10), dtype=np.uint8)
    return np.asarray(PillowImage.fromarray(small).resize((200, 300), PillowImage.Resampling.BICUBIC))[None]


def test_numbers_are_those_of_the_picture() -> None:
    pixels = np.arange(0, 60000, 1000, dtype=np.uint16).reshape(1, 6, 10)
    facts = facts_of(pixels, 65535.0)
    assert (facts.height, facts.width, facts.channels, facts.dtype) == (6, 10, 1, "uint16")
    assert (facts.minimum, facts.maximum, facts.low, facts.high) == (0.0, 59000.0, 0.0, 65535.0)
    assert facts.mean == pytest.approx(pixels.mean() / 65535)
    assert facts.std == pytest.approx(pixels.std() / 65535)
    eight = texture()
    facts = facts_of(eight)
    assert (facts.minimum, facts.maximum) == (eight.min(), eight.max())
    assert (facts.mean, facts.std) == pytest.approx((eight.mean() / 255, eight.std() / 255))


def test_pixel_hash_sees_one_bit_shape_and_type() -> None:
    pixels = texture()
    other = pixels.copy()
    other[0, 7, 3] ^= 1
    hashes = [facts_of(each).pixel_hash for each in (pixels, other, pixels.reshape(1, 200, 300))]
    hashes.append(facts_of(pixels.astype(np.uint16)).pixel_hash)
    assert len(set(hashes)) == 4
    assert facts_of(pixels.copy()).pixel_hash == hashes[0]


def test_grey_stored_as_rgb_has_the_facts_of_grey() -> None:
    pixels = texture(3)
    one, three = facts_of(pixels), facts_of(np.repeat(pixels, 3, axis=0))
    assert (one.dhash, one.minimum, one.maximum, one.mean, one.std) == (
        *(three.dhash, three.minimum, three.maximum, three.mean, three.std),
    )
    assert one.thumbnail == three.thumbnail
    assert (one.channels, three.channels) == (1, 3)
    assert one.pixel_hash != three.pixel_hash, "stored otherwise: a near duplicate, no exact one"


def test_dhash_of_a_ramp_is_all_ones_and_of_a_flat_picture_zero() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))[None]
    assert facts_of(ramp).dhash == 2**64 - 1
    assert facts_of(ramp[:, :, ::-1]).dhash == 0
    assert facts_of(np.full((1, 30, 30), 90, dtype=np.uint8)).dhash == 0


def test_dhash_is_near_for_a_recompressed_copy_and_far_for_another_picture() -> None:
    buffer = io.BytesIO()
    PillowImage.fromarray(texture()[0]).save(buffer, "JPEG", quality=60)
    copy = np.asarray(PillowImage.open(buffer))[None]
    distance = [(facts_of(texture()).dhash ^ facts_of(each).dhash).bit_count() for each in (copy, texture(1))]
    assert distance[0] <= 4 < 16 <= distance[1]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("high", [255.0, 65535.0])
def test_thumbnail_keeps_aspect_and_tone_and_has_no_metadata(channels: int, high: float) -> None:
    kind = np.uint8 if high == 255.0 else np.uint16
    pixels = np.full((channels, 400, 200), round(high * 0.25)).astype(kind)
    thumbnail = PillowImage.open(io.BytesIO(facts_of(pixels, high).thumbnail))
    assert thumbnail.format == "JPEG" and thumbnail.size == (64, 128)
    assert abs(float(np.asarray(thumbnail).mean()) - 63.75) < 2
    assert not thumbnail.getexif() and "comment" not in thumbnail.info
    tiny = PillowImage.open(io.BytesIO(facts_of(pixels[:, :5, :3], high).thumbnail))
    assert tiny.size == (3, 5)


def test_they_survive_json() -> None:
    facts = facts_of(texture())
    content = json.loads(json.dumps(facts.to_dict()))
    assert PixelFacts.from_dict(content, facts.thumbnail) == facts
    assert "thumbnail" not in content
    with pytest.raises(ArtifactError, match="dhash"):
        PixelFacts.from_dict({key: value for key, value in content.items() if key != "dhash"})
