"""All built-in filters, as one type for configurations: importing this registers them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from medgraft.data.imaging.filters.bias_field import BiasField
from medgraft.data.imaging.filters.clahe import Clahe
from medgraft.data.imaging.filters.denoise import Denoise
from medgraft.data.imaging.filters.match_histogram import MatchHistogram

__all__ = ["AnyFilter"]

AnyFilter = Annotated[Clahe | Denoise | BiasField | MatchHistogram, Field(discriminator="kind")]
"""The configuration of one filter."""
