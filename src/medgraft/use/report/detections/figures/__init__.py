"""One figure of boxes a file."""
