"""What the user may say about a clinical table. Plain, frozen, closed; nothing here opens a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["ClinicalOptions"]


class ClinicalOptions(BaseModel):
    """A table of age, sex, laboratory values …, and how its rows are joined to cases."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path | None = Field(default=None, description="table (CSV, TSV or Parquet), a row a patient or a picture")
    by: Literal["patient", "path"] = Field(default="patient", description="what its rows are about: patient or path")
    join: str | None = Field(default=None, description="column that names the patient (or the file)")
    columns: tuple[str, ...] = Field(default=(), description="columns to use; all but the joining one if not given")
    categories: tuple[str, ...] = Field(
        default=(), description="columns of whole numbers that are names of groups, not amounts"
    )

    @model_validator(mode="after")
    def _categories_are_columns(self) -> ClinicalOptions:
        """A category among columns that are not used would be forgotten silently."""
        strays = sorted(set(self.categories) - set(self.columns)) if self.columns else []
        if strays:
            raise ValueError(f"categories names {', '.join(strays)}, which columns does not; name it in both")
        return self
