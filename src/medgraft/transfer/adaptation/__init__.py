"""One method a file that brings a source-site model to a target site."""
