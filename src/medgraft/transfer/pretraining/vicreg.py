"""VICReg: two views of a picture get like embeddings, and embeddings as a whole are kept from collapsing.

No labels, no negatives, no momentum network, no large batch: each embedding dimension has to vary over the batch
(variance), no two may say the same (covariance), and the two views of a picture must agree (invariance).

Source: Bardes, Ponce & LeCun 2022, VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from medgraft.transfer.pretraining.pretext import PRETEXTS, Given, Made, PretextConfig

__all__ = ["Vicreg", "VicregConfig"]


class VicregConfig(PretextConfig):
    """Options of vicreg."""

    kind: Literal["vicreg"] = "vicreg"
    invariance: Annotated[float, Field(ge=0, description="weight of the distance between the two views")] = 25.0
    variance: Annotated[float, Field(ge=0, description="weight of the spread that each dimension must have")] = 25.0
    covariance: Annotated[float, Field(ge=0, description="weight of what two dimensions share")] = 1.0
    projection: Annotated[int, Field(ge=8, le=8192, description="dimensions of the embedding")] = 512


@PRETEXTS.register("vicreg")
class Vicreg:
    """Learns without labels that two views of a picture show the same."""

    name: ClassVar[str] = "vicreg"
    needs_labels: ClassVar[bool] = False
    Config: ClassVar[type[PretextConfig]] = VicregConfig

    def __init__(self, config: VicregConfig) -> None:
        self.config = config

    def train(self, given: Given) -> Made:
        """See the contract."""
        from medgraft.transfer.pretraining.learning import learn_views  # it imports torch

        config = self.config
        terms = (config.invariance, config.variance, config.covariance)
        return learn_views(config, given, terms=terms, projection=config.projection)
