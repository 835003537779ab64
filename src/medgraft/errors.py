"""What can go wrong, as one tree. Errors are part of the public interface.

    MedgraftError            (exit 1: only if nothing below fits)
    ├── UsageError           a wrong argument or option                                exit 2
    │   └── ConfigError      a configuration that does not hold                        exit 2
    ├── DataError            the data cannot be used as they are                       exit 3
    │   ├── ReaderError      one file cannot be read (the case is quarantined)         exit 3
    │   ├── CohortError      the cases do not make a cohort                            exit 3
    │   └── LeakageError     a patient or duplicate stands on both sides               exit 3
    └── ArtifactError        something medgraft wrote is damaged, missing or foreign   exit 4
        └── WeightsError     pretrained weights are missing, damaged or do not fit     exit 4

A message says what was being done, what was got, what is needed and what to do. It may name a file
and a row, because it goes to that user's terminal; it never names a patient.
"""

from __future__ import annotations

__all__ = [
    "ArtifactError",
    "CohortError",
    "ConfigError",
    "DataError",
    "LeakageError",
    "MedgraftError",
    "ReaderError",
    "UsageError",
    "WeightsError",
]


class MedgraftError(Exception):
    """Root of every error that medgraft raises on purpose. ``exit_code`` is what the command returns."""

    exit_code = 1


class UsageError(MedgraftError):
    """A wrong argument, option or name."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration that does not hold; all its problems are reported together."""


class DataError(MedgraftError):
    """The data cannot be used as they are."""

    exit_code = 3


class ReaderError(DataError):
    """One file cannot be read. In a cohort its case is quarantined with this message as the reason."""


class CohortError(DataError):
    """The cases do not make a cohort: labels, columns, paths or counts."""


class LeakageError(DataError):
    """A patient or a duplicate stands on both sides of a split and may not be dropped."""


class ArtifactError(MedgraftError):
    """Something that medgraft wrote is damaged, missing or of a foreign format version."""

    exit_code = 4


class WeightsError(ArtifactError):
    """Pretrained weights are missing, damaged or do not fit the network."""
