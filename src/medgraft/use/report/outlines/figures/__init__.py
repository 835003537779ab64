"""One figure of outlines a file."""
