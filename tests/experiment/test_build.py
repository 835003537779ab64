"""Configuration becomes objects, and nothing is written before the names are known to be right."""

from __future__ import annotations

import pandas as pd
import pytest

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import ConfigError, UsageError
from medgraft.experiment.build import build_workspace, choose_device, data_digest
from medgraft.experiment.config import resolve_config
from medgraft.progress import Progress
from medgraft.source.handcrafted.catalogue import descriptor_names, dimension


def build(fitted, out, **flags):
    config = resolve_config(flags={key.replace("__", "."): value for key, value in flags.items()})
    return build_workspace(fitted.cohort, out, config, home=fitted.home, progress=Progress(), overwrite=False)


def test_objects_have_what_the_config_says(fitted, tmp_path):
    work, done = build(fitted, tmp_path / "run", preprocess__size=64, preprocess__channels=3)
    assert not done
    assert (work.preprocessing.size, work.preprocessing.channels, work.job.size, work.job.channels) == (64, 3, 64, 3)
    assert work.task.labels == ("clear", "nodule")
    assert work.strategy.name == "linear-probe"


def test_grey_cohorts_get_a_grey_stem(fitted, tmp_path):
    work, _ = build(fitted, tmp_path / "run")
    assert work.preprocessing.channels == 1


def test_a_wrong_backbone_leaves_no_trace(fitted, tmp_path):
    with pytest.raises(UsageError):
        build(fitted, tmp_path / "run", backbone__name="resnet5000")
    assert not (tmp_path / "run").exists()


def test_fine_tuning_what_has_no_network_is_refused_at_once(fitted, tmp_path):
    with pytest.raises(
        ConfigError, match=r"lp-ft .*'classical': .* no network to fine-tune; use --strategy linear-probe"
    ):
        build(fitted, tmp_path / "run", backbone__name="classical", strategy__kind="lp-ft")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("channels", [1, 3])
def test_hand_crafted_features_are_as_many_as_the_channels_give(fitted, tmp_path, channels):
    work, _ = build(fitted, tmp_path / "run", backbone__name="classical", preprocess__channels=channels)
    assert work.job.channels == channels
    assert work.job.backbone.facts.feature_dim == dimension(descriptor_names(), channels)
    assert work.preprocessing.size == 128


def test_the_digest_hangs_on_content_labels_and_patients(fitted):
    cohort = read_cohort(fitted.cohort, CohortOptions(), home=fitted.home, reader=ImageReader())
    first = data_digest(cohort)
    assert data_digest(cohort) == first
    table: pd.DataFrame = cohort.table
    for column in ("label", "patient", "sha256"):
        kept = table[column].copy()
        table.loc[0, column] = "other"
        assert data_digest(cohort) != first
        table[column] = kept
    assert data_digest(cohort) == first


def test_devices():
    assert choose_device("cpu") == "cpu"
    assert choose_device("auto") in ("cpu", "cuda")


def test_fine_tuning_several_side_by_side_is_refused_at_once(fitted, tmp_path):
    with pytest.raises(ConfigError, match=r"partial .*several side by side .*stacked, or one backbone"):
        build(fitted, tmp_path / "run", backbone__name="tf_efficientnet_lite0+classical", strategy__kind="partial")
    assert not (tmp_path / "run").exists()
