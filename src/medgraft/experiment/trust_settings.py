"""The settings of what a run says of its own answers: how sure, how often silent, at which operating points."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from medgraft.errors import ConfigError
from medgraft.measure.operating.costs import Costs
from medgraft.transfer.tasks.task import Task

__all__ = ["TrustSection"]


class TrustSection(BaseModel):
    """Calibrator and sets are always made where there are cases for them; these are the demands on them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alpha: float = Field(default=0.1, gt=0, lt=0.5, description="share of label sets that may miss the truth")
    keep: float = Field(default=0.95, gt=0.5, lt=1, description="share of its own kind of picture that the gate keeps")
    demand: tuple[float, ...] = Field(
        default=(0.9, 0.95), description="sensitivities and specificities that an operating point is chosen for"
    )

    miss_cost: float | None = Field(
        default=None,
        gt=0,
        lt=1e6,
        description="what a missed positive case costs; then the run's own cut is the cheapest; in the unit of",
    )
    false_alarm_cost: float = Field(default=1.0, gt=0, lt=1e6, description="what a false alarm costs")

    @property
    def costs(self) -> Costs | None:
        """Of both errors, where they were given."""
        return None if self.miss_cost is None else Costs(self.miss_cost, self.false_alarm_cost)

    def require_fit(self, task: Task) -> None:
        """Told before anything is computed: costs are of a positive class. Raises ``ConfigError``."""
        if self.miss_cost is not None and task.kind != "multi-label" and task.positive_index is None:
            raise ConfigError(
                f"trust.miss_cost with the classes {', '.join(task.labels)}: a miss is of the positive class of two, "
                "or of a label; leave it out, or join classes with --label-map"
            )

    @field_validator("demand")
    @classmethod
    def _shares(cls, demands: tuple[float, ...]) -> tuple[float, ...]:
        """Between 0 and 1, each once."""
        if not all(0 < one < 1 for one in demands) or len(set(demands)) < len(demands):
            raise ValueError("different shares above 0 and below 1 are needed")
        return demands
