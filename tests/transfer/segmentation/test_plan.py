"""The plan follows the cases: spacing, patch, kind of network, mirror images."""

import json

import pytest

from medgraft.errors import ConfigError
from medgraft.transfer.segmentation.plan import Fingerprint, Plan, plan_for
from medgraft.transfer.segmentation.settings import SegmentationSettings
from medgraft.types import Modality

AUTO = SegmentationSettings()


def of_pictures(rows, columns, modality=Modality.UNKNOWN):
    return Fingerprint(((1, rows, columns),) * 3, (None,) * 3, False, modality)


def of_volumes(shape, spacing):
    return Fingerprint((shape,) * 3, (spacing,) * 3, True)


def test_small_volumes_are_learnt_whole_in_three_dimensions():
    plan = plan_for(of_volumes((35, 50, 36), (1.0, 1.0, 1.0)), AUTO)
    assert (plan.dims, plan.patch, plan.spacing, plan.patches) == (3, (40, 56, 40), (1.0, 1.0, 1.0), 1)


def test_large_volumes_are_learnt_slice_by_slice_with_neighbours():
    plan = plan_for(of_volumes((300, 512, 512), (1.0, 0.7, 0.7)), AUTO)
    assert (plan.dims, plan.planes, plan.patch[0]) == (2, 3, 1)
    assert plan.factor((300, 512, 512), (1.0, 0.7, 0.7)) == (1.0, 1.0, 1.0)
    assert plan.factor((150, 256, 256), (2.0, 1.4, 1.4)) == (1.0, pytest.approx(2.0), pytest.approx(2.0))


def test_slices_are_cut_where_spacing_is_coarsest():
    plan = plan_for(of_volumes((256, 30, 256), (1.0, 6.0, 1.0)), AUTO)
    assert (plan.axis, plan.spacing) == (1, (6.0, 1.0, 1.0))


def test_a_large_volume_in_3d_is_cut_into_patches_and_resampled_in_depth_too():
    plan = plan_for(of_volumes((300, 512, 512), (1.0, 1.0, 1.0)), SegmentationSettings(network="3d"))
    assert plan.patch == (48, 48, 48) and plan.patches > 1
    assert plan.factor((100, 512, 512), (3.0, 1.0, 1.0))[0] == pytest.approx(3.0)


def test_an_inflated_encoder_halves_the_plane_alone():
    plan = plan_for(of_volumes((300, 512, 512), (1.0, 1.0, 1.0)), SegmentationSettings(network="inflated"))
    assert (plan.dims, plan.patch, plan.planes) == (3, (48, 64, 64), 1)
    given = SegmentationSettings(network="inflated", patch=(20, 70, 64))
    assert plan_for(of_volumes((35, 50, 36), (1.0, 1.0, 1.0)), given).patch == (24, 96, 64)
    with pytest.raises(ConfigError, match="use 2d"):
        plan_for(of_pictures(64, 64), SegmentationSettings(network="inflated"))


def test_pictures_are_made_no_larger_than_needed():
    large, small = plan_for(of_pictures(1024, 2048), AUTO), plan_for(of_pictures(28, 28), AUTO)
    assert large.factor((1, 1024, 2048), None) == (1.0, 0.25, 0.25) and large.patch == (1, 256, 256)
    assert small.factor((1, 28, 28), None)[1] == pytest.approx(64 / 28) and small.patch == (1, 64, 64)


def test_only_what_has_no_sides_is_mirrored_on_all_axes():
    assert plan_for(of_pictures(64, 64, Modality.RADIOGRAPH), AUTO).mirror == (False, False, True)
    assert plan_for(of_pictures(64, 64, Modality.MICROSCOPY), AUTO).mirror == (True, True, True)
    turned = plan_for(of_volumes((256, 256, 30), (1.0, 1.0, 6.0)), AUTO)
    assert turned.axis == 2 and turned.mirror == (True, False, False)  # left and right come first there


def test_settings_that_do_not_fit_are_told():
    with pytest.raises(ConfigError, match="pictures"):
        plan_for(of_pictures(64, 64), SegmentationSettings(network="3d"))
    with pytest.raises(ConfigError, match="3 sides"):
        plan_for(of_volumes((30, 30, 30), None), SegmentationSettings(network="3d", patch=(32, 32)))


def test_a_plan_comes_back_from_json():
    plan = plan_for(of_volumes((35, 50, 36), (1.0, 1.0, 1.0)), AUTO)
    assert Plan.restore(json.loads(json.dumps(plan.to_json()))) == plan
