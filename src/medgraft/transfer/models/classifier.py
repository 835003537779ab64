"""A backbone (or what of it learns) and a linear head as one torch network: what is trained when more than the head
moves."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from medgraft.errors import ArtifactError
from medgraft.transfer.models.freezing import PartlyFrozen
from medgraft.transfer.models.heads.linear import LinearHead

__all__ = ["Classifier"]


class Classifier(nn.Module):
    """What the trunk takes, pixels in [0, 1] (N, C, S, S) or what crosses a cut → logits (N, classes). It starts with
    the given head, so that before the first step its predictions are those of the head on the backbone's features."""

    def __init__(self, trunk: PartlyFrozen, head: LinearHead) -> None:
        super().__init__()
        self.trunk = trunk
        classes, features = head.weight.shape
        # Through the meta device: nn.Linear's own initialisation would draw from the global generator.
        self.head = nn.Linear(features, classes, device="meta").to_empty(device="cpu")
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(np.array(head.weight, np.float32)))
            self.head.bias.copy_(torch.from_numpy(np.array(head.bias, np.float32)))

    def forward(self, *inputs: Tensor) -> Tensor:
        """Logits, (N, classes)."""
        features = self.trunk(*inputs)
        if features.ndim != 2 or features.shape[1] != self.head.in_features:
            raise ArtifactError(
                f"the backbone gives features of shape {tuple(features.shape)}, the head reads (N, "
                f"{self.head.in_features}); both must come from the same backbone"
            )
        logits: Tensor = self.head(features)
        return logits

    def linear_head(self) -> LinearHead:
        """The head as it stands now, in numpy."""
        return LinearHead(self.head.weight.detach().cpu().numpy().copy(), self.head.bias.detach().cpu().numpy().copy())
