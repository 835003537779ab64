"""Image and table together: late fusion."""
