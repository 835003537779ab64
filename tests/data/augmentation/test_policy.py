"""Policies: what is allowed for which modality, and that history replays exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.data.augmentation.flip import Flip
from medgraft.data.augmentation.policy import Policy, policy_for, replay, views_for
from medgraft.errors import UsageError
from medgraft.types import Modality


def _picture(channels: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((channels, 32, 32), dtype=np.float32)


def _flips(modality: str) -> Flip:
    return next((t for t in policy_for(modality).transforms if isinstance(t, Flip)), Flip())


@pytest.mark.parametrize("modality", list(Modality))
def test_every_modality_has_a_policy_that_draws_something(modality: str) -> None:
    pixels = _picture(3)
    result, draws = policy_for(modality).augment(pixels, seed=0, epoch=0, index=0)
    assert draws and (result != pixels).any()


@pytest.mark.parametrize("modality", ["radiograph", "ct", "mr", "unknown"])
def test_left_and_right_are_never_exchanged_where_they_mean_something(modality: str) -> None:
    assert not any(isinstance(transform, Flip) for transform in policy_for(modality).transforms)


@pytest.mark.parametrize("modality", list(Modality))
def test_up_and_down_are_exchanged_only_in_microscopy_and_fundus(modality: str) -> None:
    assert (_flips(modality).vertical > 0) == (modality in ("microscopy", "fundus"))


def test_ultrasound_may_be_mirrored() -> None:
    assert _flips("ultrasound").horizontal == 0.5


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(list(Modality)),
    st.integers(0, 10),
    st.integers(0, 50),
    st.integers(0, 5000),
    st.sampled_from([1, 3]),
)
def test_drawn_then_applied_history_replays_exactly(
    modality: str, seed: int, epoch: int, index: int, channels: int
) -> None:
    pixels = _picture(channels)
    before = pixels.copy()
    policy = policy_for(modality)
    result, draws = policy.augment(pixels, seed=seed, epoch=epoch, index=index)
    again, _ = policy.augment(pixels, seed=seed, epoch=epoch, index=index)
    np.testing.assert_array_equal(result, again)
    np.testing.assert_array_equal(result, replay(pixels, draws))
    np.testing.assert_array_equal(pixels, before)
    assert result.dtype == np.float32 and result.min() >= 0 and result.max() <= 1


def test_seed_epoch_and_index_each_matter() -> None:
    policy, pixels = policy_for("radiograph"), _picture(1)
    base = policy.augment(pixels, seed=0, epoch=0, index=0)[1]
    for other in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        assert policy.augment(pixels, seed=other[0], epoch=other[1], index=other[2])[1] != base


def test_an_empty_policy_changes_nothing() -> None:
    pixels = _picture(1)
    result, draws = Policy(()).augment(pixels, seed=0, epoch=0, index=0)
    assert result is pixels and draws == []


def test_grey_in_three_channels_keeps_its_hue_without_noise() -> None:
    grey = np.repeat(_picture(1), 3, axis=0)
    result, _ = policy_for("fundus").augment(grey, seed=0, epoch=0, index=3)
    np.testing.assert_array_equal(result[0], result[1])


def test_an_unknown_modality_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'radiograph'"):
        policy_for("radiographs")


def test_wrong_pixels_are_refused() -> None:
    with pytest.raises(UsageError, match="float32"):
        policy_for("ct").augment(np.zeros((1, 4, 5), np.float32), seed=0, epoch=0, index=0)


@pytest.mark.parametrize("modality", list(Modality))
def test_strong_views_never_do_what_the_gentle_policy_never_does(modality: str) -> None:
    gentle = [item for item in policy_for(modality).transforms if isinstance(item, Flip)]
    strong = [item for item in views_for(modality).transforms if isinstance(item, Flip)]
    assert strong == gentle
    grey = np.repeat(_picture(1), 3, axis=0)
    view = Policy(tuple(t for t in views_for(modality).transforms if t.name != "noise")).augment(
        grey, seed=0, epoch=0, index=0
    )[0]
    np.testing.assert_allclose(view[0], view[2], atol=1e-6)


def test_views_of_an_unknown_modality_are_refused() -> None:
    with pytest.raises(UsageError, match="no modality 'xray'"):
        views_for("xray")
