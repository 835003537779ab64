"""Plain data to a network: the same weights, and weights that do not fit."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from medgraft.errors import ArtifactError


@pytest.fixture
def trained(learnt):
    return learnt.trained


def test_it_gives_back_the_weights_that_it_was_made_of(trained):
    built = trained.build()
    assert not built.training
    state = built.head_state()
    assert state.keys() == trained.head.keys()
    assert all(np.array_equal(state[name].numpy(), trained.head[name]) for name in state)


def test_building_leaves_the_random_numbers_of_others_alone(trained):
    torch_state = torch.get_rng_state()
    trained.build()
    assert torch.equal(torch.get_rng_state(), torch_state)


def test_a_head_of_another_network_is_an_error(trained):
    fewer = dict(list(trained.head.items())[1:])
    for wrong in (replace(trained, head=fewer), replace(trained, spec=replace(trained.spec, classes=5))):
        with pytest.raises(ArtifactError, match="train it again"):
            wrong.build()
