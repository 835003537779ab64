"""Layer-wise rates against their closed form; the groups hold exactly what may learn."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medgraft.errors import ArtifactError
from medgraft.transfer.models.freezing import PartlyFrozen, batchnorms, trainable
from medgraft.transfer.training.layerwise import Rates, parameter_groups, stage_rates

RATES = Rates(lr=0.1, decay=0.5, weight_decay=0.01)


def network() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4))


STAGES = [
    ("stem", ["0.weight", "0.bias", "1.weight", "1.bias"]),
    ("body", ["2.weight", "2.bias", "3.weight", "3.bias"]),
]


def test_closed_form() -> None:
    assert stage_rates(3, 0.8, 0.5) == [0.1, 0.2, 0.4]
    assert stage_rates(2, 0.8, 1.0) == [0.8, 0.8]
    assert stage_rates(0, 0.8, 0.5) == []


def test_each_parameter_once_with_its_rate_and_decay() -> None:
    net, head = network(), nn.Linear(4, 2)
    groups = parameter_groups(net, STAGES, head, RATES)
    found = {id(item): (group["lr"], group["weight_decay"]) for group in groups for item in group["params"]}
    assert sum(len(group["params"]) for group in groups) == len(found) == 10
    for name, item in net.named_parameters():
        wanted = (0.025 if name[0] in "01" else 0.05, 0.01 if item.ndim > 1 else 0.0)
        assert found[id(item)] == wanted, name
    assert found[id(head.weight)] == (0.1, 0.01)
    assert found[id(head.bias)] == (0.1, 0.0)
    assert groups[-1]["stage"] == "head"


def test_the_optimiser_holds_exactly_the_trainable_parameters() -> None:
    net, head = network(), nn.Linear(4, 2)
    frozen = PartlyFrozen(net, modules=batchnorms(net))
    optimiser = torch.optim.AdamW(parameter_groups(net, STAGES, head, RATES))
    held = {id(item) for group in optimiser.param_groups for item in group["params"]}
    assert held == {id(item) for part in (frozen, head) for item in trainable(part).values()}
    assert len(held) == 6


@pytest.mark.parametrize(
    "stages",
    [STAGES[:1], [*STAGES, ("more", ["4.weight"])], [*STAGES, ("again", ["0.weight"])]],
    ids=["lost", "foreign", "twice"],
)
def test_stages_that_do_not_cover_the_backbone_are_an_error(stages: list[tuple[str, list[str]]]) -> None:
    with pytest.raises(ArtifactError, match="each parameter once"):
        parameter_groups(network(), stages, nn.Linear(4, 2), RATES)
