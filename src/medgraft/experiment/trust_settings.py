"""The settings of what a run says of its own answers: how sure, how often silent, at which operating points."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["TrustSection"]


class TrustSection(BaseModel):
    """Calibrator and sets are always made where there are cases for them; these are the demands on them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alpha: float = Field(default=0.1, gt=0, lt=0.5, description="share of label sets that may miss the truth")
    keep: float = Field(default=0.95, gt=0.5, lt=1, description="share of its own kind of picture that the gate keeps")
    demand: tuple[float, ...] = Field(
        default=(0.9, 0.95), description="sensitivities and specificities that an operating point is chosen for"
    )

    @field_validator("demand")
    @classmethod
    def _shares(cls, demands: tuple[float, ...]) -> tuple[float, ...]:
        """Between 0 and 1, each once."""
        if not all(0 < one < 1 for one in demands) or len(set(demands)) < len(demands):
            raise ValueError("different shares above 0 and below 1 are needed")
        return demands
