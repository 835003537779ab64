"""Targets that have a place in the picture: boxes and masks, as they lie in files."""
