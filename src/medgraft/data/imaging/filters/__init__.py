"""Filters of a picture before it is resized: registered, off by default, recorded when used."""
