"""A bundle answers as the network that was written, and a flipped bit is an error."""

import numpy as np
import pytest
import torch

from medgraft.errors import ArtifactError
from medgraft.transfer.segmentation.bundle import (
    OutlineBundle,
    read_outline_bundle,
    write_outline_bundle,
)
from medgraft.transfer.segmentation.network import NetworkSpec, build_outliner
from medgraft.transfer.segmentation.settings import SegmentationSettings
from medgraft.transfer.tasks.segmentation import Segmentation


def bundle_of(made, network, facts, deep=False):
    return OutlineBundle(
        network,
        NetworkSpec(1, 2, "unet", 4, 0) if deep else NetworkSpec(1, 3, "unet", 8, 0),
        made.deep_plan() if deep else made.flat_plan(),
        made.grey,
        Segmentation(("ball",) if deep else ("bright", "dark")),
        facts,
        SegmentationSettings(),
        "lp-ft",
        {"ball": {"relative_sd": 0.1}},
    )


@pytest.mark.parametrize("deep", [False, True])
def test_there_and_back(made, flat_network, deep_network, encoder, tmp_path, deep):
    network, facts = (deep_network, None) if deep else (flat_network, encoder.facts)
    given = bundle_of(made, network, facts, deep)
    write_outline_bundle(tmp_path / "run" / "bundle", given)
    found = read_outline_bundle(tmp_path / "run")
    study = made.ball(0) if deep else made.disc(0)
    assert np.array_equal(found.outliner()(study), given.outliner()(study))
    assert (found.plan, found.task, found.measurement_error) == (given.plan, given.task, given.measurement_error)


def test_a_flipped_bit_is_an_error(made, deep_network, tmp_path):
    write_outline_bundle(tmp_path / "bundle", bundle_of(made, deep_network, None, deep=True))
    for name in ("model.safetensors", "model.json", "labels.json", "preprocessing.json"):
        path = tmp_path / "bundle" / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-20] + bytes([whole[-20] ^ 4]) + whole[-19:])
        with pytest.raises(ArtifactError):
            read_outline_bundle(tmp_path)
        path.write_bytes(whole)
    assert read_outline_bundle(tmp_path)


def test_what_is_no_segmentation_is_told(tmp_path):
    with pytest.raises(ArtifactError, match="not there"):
        read_outline_bundle(tmp_path)


def test_an_inflated_network_comes_back_too(made, encoder, tmp_path):
    pytest.importorskip("segmentation_models_pytorch")
    plan, spec = made.deep_plan(patch=(8, 32, 32)), NetworkSpec(1, 2, "unet", 4, 0)
    network = build_outliner(spec, plan, encoder)
    with torch.no_grad():
        for item in network.parameters():
            item.add_(0.01)
    task, settings = Segmentation(("ball",)), SegmentationSettings(network="inflated")
    given = OutlineBundle(network, spec, plan, made.grey, task, encoder.facts, settings, "lp-ft")
    write_outline_bundle(tmp_path / "run" / "bundle", given)
    found = read_outline_bundle(tmp_path / "run")
    volume = torch.rand(1, 1, 8, 32, 32)
    with torch.no_grad():
        assert torch.equal(found.network(volume), network(volume))
