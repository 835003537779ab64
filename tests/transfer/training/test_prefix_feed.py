"""The prefix cache: computed once, right whatever happened to its files, and never more than the disk it was given."""

from __future__ import annotations

import stat

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from medgraft.progress import Progress
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.plan import PrefixPlan
from medgraft.transfer.training.prefix_feed import PrefixFeed

CASES, IMAGES = 5, np.random.default_rng(0).random((5, 1, 4, 4), dtype=np.float32)


class Halves(nn.Module):
    """Two crossing tensors of different shapes."""

    def forward(self, pixels):
        return pixels * 2 + 1, pixels.mean(dim=(2, 3))


def shifted(one, epoch, index):
    return one + np.float32(epoch + index / 100)


class Made:
    """A feed, and how many pictures were asked for."""

    def __init__(self, folder, *, precision="float32", views=2, limit=10**6, augment=shifted):
        self.asked, self.progress = [], Progress()
        plan = PrefixPlan(folder, CASES, views, precision, limit)
        self.feed = PrefixFeed(Halves(), PixelFeed(self._pixels, augment), plan, Placement("cpu"), self.progress)
        self.asked.clear()

    def _pixels(self, rows):
        self.asked += rows.tolist()
        return IMAGES[rows]

    def __call__(self, cases, epoch=None):
        return self.feed(np.array(cases), np.array(cases), epoch)


def expected(cases, view):
    pixels = IMAGES[cases] if not view else np.stack([shifted(IMAGES[i], view, i) for i in cases])
    return pixels * 2 + 1, pixels.mean(axis=(2, 3))


def assert_right(got, cases, view, atol=1e-6):
    for one, other in zip(got, expected(cases, view), strict=True):
        np.testing.assert_allclose(one.astype(np.float32), other, atol=atol)


def test_each_view_is_computed_once_and_views_take_turns(tmp_path):
    made = Made(tmp_path)
    for epoch, view in ((None, 0), (1, 1), (2, 2), (3, 1), (4, 2), (None, 0)):
        assert_right(made([3, 0, 4], epoch), [3, 0, 4], view)
    assert len(made.asked) == 9
    assert_right(made([1, 3], 5), [1, 3], 1)
    assert made.asked[9:] == [1]
    made.feed.close()


def test_without_augmentation_there_is_one_view(tmp_path):
    made = Made(tmp_path, augment=None)
    for epoch in (None, 1, 2, 3):
        assert_right(made([0, 1, 2, 3, 4], epoch), [0, 1, 2, 3, 4], 0)
    assert len(made.asked) == 5
    assert made.feed.facts()["views"] == 0
    made.feed.close()


def test_what_another_run_computed_is_read(tmp_path):
    first = Made(tmp_path)
    first([0, 1, 2, 3, 4], 1)
    first.feed.close()
    second = Made(tmp_path)
    assert_right(second([4, 2], 1), [4, 2], 1)
    assert second.asked == []
    second.feed.close()


def test_half_precision_is_as_near_as_it_says(tmp_path):
    made = Made(tmp_path, precision="float16")
    made([0, 1, 2], 1)
    again = made([0, 1, 2], 1)
    assert all(item.dtype == np.float16 for item in again)
    assert_right(again, [0, 1, 2], 1, atol=4 * 2.0**-11)
    made.feed.close()


def test_slots_beyond_the_limit_are_computed_each_time(tmp_path):
    made = Made(tmp_path, limit=128 * 4)
    assert made.feed.slots == 4
    for _ in range(2):
        assert_right(made([0, 1, 2, 3, 4]), [0, 1, 2, 3, 4], 0)
    assert len(made.asked) == 6
    assert not made.feed.facts()["kept"]
    made.feed.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["activations.bin", "marks.bin"]), st.integers(0, 10**6), st.integers(0, 7))
def test_a_flipped_bit_is_computed_again(tmp_path, name, place, bit):
    made = Made(tmp_path)
    made([0, 1, 2, 3, 4])
    made.feed.close()
    content = bytearray((tmp_path / name).read_bytes())
    content[place % len(content)] ^= 1 << bit
    (tmp_path / name).write_bytes(content)
    again = Made(tmp_path)
    assert_right(again([0, 1, 2, 3, 4]), [0, 1, 2, 3, 4], 0)
    again.feed.close()


def test_a_full_disk_is_told_and_costs_nothing_but_time(tmp_path):
    class Full:
        def seek(self, place):
            pass

        def write(self, content):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    made = Made(tmp_path)
    real, made.feed._files = made.feed._files, [Full(), Full()]
    for _ in range(2):
        assert_right(made([0, 1]), [0, 1], 0)
    assert made.asked == [0, 1, 0, 1]
    assert any("stopped growing" in text for text in made.progress.notices)
    for file in real:
        file.close()


def test_its_files_are_private(tmp_path):
    made = Made(tmp_path / "prefix")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "prefix").iterdir()}
    assert modes == {"activations.bin": 0o600, "marks.bin": 0o600}
    made.feed.close()


def test_tensors_reach_the_network_in_float32(tmp_path):
    made = Made(tmp_path, precision="float16")
    tensors = [Placement("cpu").array(item) for item in made([0])]
    assert all(item.dtype == torch.float32 for item in tensors)
    made.feed.close()


@pytest.mark.parametrize("limit", [0, 127])
def test_no_room_at_all_still_gives_the_right_answer(tmp_path, limit):
    made = Made(tmp_path, limit=limit)
    assert_right(made([2, 3], 1), [2, 3], 1)
    made.feed.close()
