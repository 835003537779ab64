"""Where the knowledge comes from, and how it is read fast."""
