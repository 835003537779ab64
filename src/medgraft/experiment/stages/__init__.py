"""The stages of a run, in the order of the data flow; each reads what came before and writes its artefacts."""
