"""What a network says comes back on the case's own grid, whatever windows and flips are used."""

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.transfer.segmentation.outliner import Outliner
from medgraft.transfer.segmentation.prepared import called_back, prepare
from medgraft.transfer.segmentation.volumetric import slide

pytest.importorskip("monai")


class Bright(nn.Module):
    """Calls 1 where the first or middle channel is above a half, 2 (if there) below a fifth."""

    def __init__(self, classes, channel=0):
        super().__init__()
        self.classes, self.channel = classes, channel

    def forward(self, pixels):
        value = pixels[:, self.channel]
        logits = [torch.zeros_like(value), 40 * (value - 0.6)]
        if self.classes == 3:
            logits.append(40 * (0.3 - value))
        return torch.stack(logits, dim=1)


@pytest.mark.parametrize("flips", [False, True])
@pytest.mark.parametrize("patch", [(1, 64, 64), (1, 32, 32)])
def test_discs_are_outlined(made, flips, patch):
    study = made.disc(3)
    called = Outliner(Bright(3), made.flat_plan(patch=patch), made.grey, flips=flips)(study)
    assert called.dtype == np.uint8 and (called == study.labels).mean() > 0.999


@pytest.mark.parametrize("patch", [(16, 24, 24), (8, 16, 16)])
def test_balls_in_turned_volumes(made, patch):
    study = made.ball(2)
    called = Outliner(Bright(2), made.deep_plan(patch=patch), made.grey)(study)
    assert called.shape == study.labels.shape and (called == study.labels).mean() > 0.97


def test_slices_with_their_neighbours(made):
    study = made.ball(2)
    plan = made.flat_plan(planes=3, spacing=(2.0, 1.0, 1.0), patch=(1, 32, 32), smallest=1, limit=4096)
    outliner = Outliner(Bright(2, channel=1), plan, made.grey)
    assert (outliner(study) == study.labels).mean() > 0.97
    probability = outliner.probability(prepare(study, plan, made.grey))
    assert probability.dtype == np.float16 and np.allclose(probability.astype(float).sum(axis=0), 1, atol=2e-3)


@pytest.mark.parametrize("flips", [False, True])
@pytest.mark.parametrize("spacing", [(2.0, 1.0, 1.0), (2.0, 2.0, 2.0), (1.0, 1.0, 1.0)])
def test_slices_at_a_time_answer_as_the_whole_volume_does(made, deep_network, flips, spacing):
    """Against MONAI over the whole, averaged over mirror images and called voxel by voxel."""
    study, plan = made.ball(4, (24, 40, 36)), made.deep_plan(patch=(8, 16, 16), spacing=spacing)
    outliner = Outliner(deep_network, plan, made.grey, flips=flips)
    prepared = prepare(study, plan, made.grey)
    pixels = torch.from_numpy(prepared.pixels[None])
    turns = [[], [-1], [-2], [-1, -2]] if flips else [[]]
    with torch.no_grad():
        found = [
            slide(
                lambda given: torch.softmax(deep_network(given), 1), pixels.flip(turn), plan.patch, batch=2, overlap=0.5
            )
            for turn in turns
        ]
    whole = np.mean([one.flip(turn)[0].numpy() for one, turn in zip(found, turns, strict=True)], axis=0)
    assert np.allclose(outliner.probability(prepared).astype(np.float32), whole, atol=1e-3)
    called, wanted = outliner(study), called_back(whole.astype(np.float16), prepared)
    assert called.shape == study.labels.shape and (called == wanted).mean() > 0.999
