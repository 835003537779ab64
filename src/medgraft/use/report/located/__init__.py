"""What the reports of outlines and of boxes have in common."""
