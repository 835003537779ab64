"""The report: artefacts in, one page out."""
