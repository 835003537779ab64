"""How good a network is on validation cases."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.exposure import Learner
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.recipe import Recipe

__all__ = ["judge"]


def judge(network: nn.Module, val: Examples, recipe: Recipe, placement: Placement) -> tuple[float, NDArray[np.float64]]:
    """Weighted loss of ``val``, shown as the recipe's exposure has it, and the objective's answers (n, …); the network
    ends in eval mode."""
    network.eval()
    learner, rows = Learner(network, placement), list[torch.Tensor]()
    for part in np.array_split(np.arange(len(val)), -(-len(val) // recipe.batch_size)):
        inputs = [placement.array(item) for item in val.batch(part)]
        shown = recipe.exposure.judged(learner, inputs, placement.vector(val.labels[part]))
        with torch.inference_mode():
            rows.append(learner(*shown).cpu().double())
    with torch.inference_mode():
        logits = torch.cat(rows)
        each = recipe.objective.judged(logits, torch.from_numpy(val.labels)).numpy()
        return float(np.mean(each * val.weights)), recipe.objective.answers(logits).numpy()
