"""How well a source suits a target, before anything is trained: one hint a file."""
