"""How well an outline was drawn: one measure a file, for 2-D and 3-D masks with spacing in mm."""
