"""The report of a run that draws outlines."""
