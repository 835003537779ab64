"""From options to a changed network and the head on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.adaptation.adabn import AdaBnConfig
from medgraft.transfer.adaptation.network import adapt_network
from medgraft.transfer.adaptation.tent import TentConfig


@pytest.mark.parametrize(("name", "config"), [("adabn", AdaBnConfig()), ("tent", TentConfig())])
def test_the_state_builds_the_network_whose_features_the_head_reads(scanners, name, config):
    import torch

    toy, _ = scanners()
    done = adapt_network(name, config, toy.pair)
    network = toy.pair.network.backbone.build(1, done.backbone_state)
    with torch.inference_mode():
        features = network(torch.from_numpy(toy.pair.network.pixels(np.arange(120)))).numpy()
    np.testing.assert_allclose(done.head.answers(Bags.single(features)), done.probability, atol=1e-5)
    assert done.head is toy.pair.head


def test_labelled_cases_move_the_head_afterwards(scanners):
    toy, _ = scanners()
    target = replace(toy.pair.target, labels=1 - toy.truth)
    done = adapt_network("adabn", AdaBnConfig(), replace(toy.pair, target=target))
    assert toy.accuracy(done.probability) < 0.3
    assert done.facts["target_labels"] == 120


def test_tent_asks_for_a_linear_head_before_it_trains(scanners):
    toy, _ = scanners()
    from medgraft.transfer.models.heads.shifted import ShiftedHead

    with pytest.raises(UsageError, match="linear head"):
        adapt_network("tent", TentConfig(), replace(toy.pair, head=ShiftedHead(toy.pair.head, np.zeros(2))))
