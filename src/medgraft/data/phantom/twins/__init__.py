"""One phantom in hundreds of encodings: what every reader has to make the same of."""
