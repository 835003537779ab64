"""What the user may say about DATA: which table, which columns, how labels and patients are read.

Contract: plain, frozen, closed. An unknown key is an error; nothing here opens a file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from medgraft.types import Modality

__all__ = ["CohortOptions", "Task"]

Task = Literal["auto", "classification", "segmentation", "detection"]
"""What DATA is read for; ``auto`` goes by what is there."""


class CohortOptions(BaseModel):
    """The options of every verb that takes DATA. Everything is optional: the usual layouts need none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: Path | None = Field(default=None, description="table of cases (CSV, TSV or Parquet); alone or inside DATA")
    path_col: str | None = Field(default=None, description="column that names the image files")
    label_col: str | tuple[str, ...] | None = Field(
        default=None, description="column that holds the label; several columns: each is a label, yes or no"
    )
    patient_col: str | None = Field(default=None, description="column that holds the patient's id")
    site_col: str | None = Field(default=None, description="column that holds the hospital, scanner or data set")
    split_col: str | None = Field(default=None, description="column that holds train, val or test")
    task: Task = Field(
        default="auto", description="what to learn: classification, segmentation or detection; auto goes by DATA"
    )
    mask_col: str | None = Field(
        default=None, description="column that names the mask files of a picture (several: a;b, one a class)"
    )
    mask_values: dict[str, str] | None = Field(
        default=None,
        description="value in a mask (or folder, segment, structure; * is the rest) = class, or background",
    )
    patient_regex: str | None = Field(
        default=None,
        description="regular expression on the file name (else its path below DATA); group 1 is the patient",
    )
    label_map: dict[str, str] = Field(
        default_factory=dict, description="label as given = label to use; an empty one sets its cases aside"
    )
    order: tuple[str, ...] = Field(
        default=(), description="the classes are grades: all of them, from the lowest (three or more)"
    )
    positive: str | None = Field(default=None, description="the class that counts as positive (two classes)")
    modality: Modality | None = Field(default=None, description="how the pictures were made, for all of them")

    @field_validator("patient_regex")
    @classmethod
    def _has_a_group(cls, value: str | None) -> str | None:
        """A pattern that compiles and has a group to take the patient from."""
        if value is None:
            return None
        try:
            groups = re.compile(value).groups
        except re.error as error:
            raise ValueError(f"{value!r} is not a regular expression ({error})") from error
        if groups < 1:
            raise ValueError(f"{value!r} has no group; put the patient's part in (…), as in '^([^_]+)_'")
        return value

    @field_validator("label_col")
    @classmethod
    def _one_name_is_text(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        """A list of one name is that name."""
        return value[0] if isinstance(value, tuple) and len(value) == 1 else value or None

    @field_validator("mask_values")
    @classmethod
    def _each_has_a_name(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        """A class without a name could be neither shown nor asked for."""
        if any(not key.strip() or not name.strip() for key, name in (value or {}).items()):
            raise ValueError("each value needs a name, as in 255=lesion; background for what is no class")
        return value or None

    @model_validator(mode="after")
    def _one_source_of_patients(self) -> CohortOptions:
        """A column and a pattern at once would leave open which one is right."""
        if self.patient_col is not None and self.patient_regex is not None:
            raise ValueError("--patient-col and --patient-regex both say who the patient is; give one of them")
        return self
