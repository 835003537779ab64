"""Published reporting checklists, filled from what a run knows."""
