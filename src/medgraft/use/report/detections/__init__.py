"""The report of a run that finds boxes."""
