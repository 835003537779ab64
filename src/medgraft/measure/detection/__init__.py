"""How well things were found: boxes, matches, average precision, FROC."""
