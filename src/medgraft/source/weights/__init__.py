"""The weights store: what was imported or fetched, described, hashed and verified."""
