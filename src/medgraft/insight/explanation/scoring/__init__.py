"""Whether a heat map tells of the network at all."""
